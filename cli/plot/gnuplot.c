#include "gnuplot.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.h"

enum { LAST_BYTES = 64 };

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);
    return length > n && strcmp(text + length - n, end) == 0;
}

bool gnuplot_can_write(const char *out)
{
    return ends_with(out, ".png") || ends_with(out, ".svg") || ends_with(out, ".pdf");
}

void gnuplot_quoted(FILE *to, const char *text)
{
    fputc('\'', to);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', to);
        fputc((unsigned char)*text < ' ' ? '?' : *text, to);
    }
    fputc('\'', to);
}

int gnuplot_start(gnuplot *g, const char *out, double width, double height, double font, err *e)
{
    return gnuplot_start_scaled(g, out, width, height, font, 1, e);
}

int gnuplot_start_scaled(gnuplot *g, const char *out, double width, double height, double font,
                         double scale, err *e)
{
    *g = (gnuplot){.out = out};
    if (file_beside(out, g->temporary, sizeof g->temporary, e) != ERR_NONE)
        return err_prefix(e, "--out");
    g->old = signal(SIGPIPE, SIG_IGN); /* a missing gnuplot closes its end of the pipe */
    g->to = popen("gnuplot 2>/dev/null", "w");
    if (!g->to) {
        signal(SIGPIPE, g->old);
        return err_set(e, ERR_IO, "cannot start gnuplot: %m");
    }
    if (ends_with(out, ".pdf")) /* pages are in inches, 96 pixels each, and letters in points */
        fprintf(g->to, "set terminal pdfcairo size %.3f,%.3f noenhanced font 'sans,%.3g'\n",
                width / 96, height / 96, font * 3 / 4);
    else if (ends_with(out, ".png") && scale > 1) /* letters in points here, too */
        fprintf(g->to,
                "set terminal pngcairo size %.0f,%.0f noenhanced font 'sans,%.3g' fontscale %.4g "
                "linewidth %.4g pointscale %.4g background '#ffffff'\n",
                width * scale, height * scale, font * 3 / 4, scale, scale, scale);
    else
        fprintf(g->to,
                "set terminal %s size %.0f,%.0f noenhanced font 'sans,%.3g' background '#ffffff'\n",
                ends_with(out, ".svg") ? "svg" : "pngcairo", width, height, font);
    fprintf(g->to, "set encoding utf8\nset output ");
    gnuplot_quoted(g->to, g->temporary);
    fputc('\n', g->to);
    return ERR_NONE;
}

/* gnuplot returns status 0 even if a full disk cut the picture short. A file whose last bytes are
 * those that end its format is complete. */
static bool is_whole(const gnuplot *g)
{
    static const char svg[] = "</svg>", pdf[] = "%%EOF", png[] = "IEND\xae\x42\x60\x82";
    bool is_png = ends_with(g->out, ".png");
    const char *end = is_png ? png : ends_with(g->out, ".svg") ? svg : pdf;
    size_t length = strlen(end), count = 0;
    char last[LAST_BYTES];
    FILE *f = fopen(g->temporary, "rbe");
    if (f && fseek(f, -LAST_BYTES, SEEK_END) == 0)
        count = fread(last, 1, sizeof last, f);
    if (f)
        fclose(f);
    while (!is_png && count > 0 && last[count - 1] == '\n')
        count--;
    return count >= length && memcmp(last + count - length, end, length) == 0;
}

static int check(const gnuplot *g, int status, err *e)
{
    if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return err_set(e, ERR_UNSUPPORTED,
                       "plots need gnuplot, which is not installed: apt-get install gnuplot-nox");
    if (status != 0)
        return err_set(e, ERR_IO, "gnuplot could not write '%s'", g->out);
    if (!is_whole(g))
        return err_set(e, ERR_IO, "'%s' cannot be written completely; is the disk full?", g->out);
    return file_put_in_place(g->temporary, g->out, e);
}

int gnuplot_finish(gnuplot *g, err *e)
{
    int status = check(g, pclose(g->to), e);
    signal(SIGPIPE, g->old);
    if (status != ERR_NONE)
        unlink(g->temporary);
    return status;
}
