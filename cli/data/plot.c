/* Contact sheets: |H| of samples as papers print them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/plot/gnuplot.h"
#include "csi/dataset.h"
#include "csi/stats.h"
#include "data.h"
#include "ui/option.h"

enum { SAMPLES_MAX = 256, TILE_PX = 190, LEFT_PX = 70, RIGHT_PX = 95, TOP_PX = 80, BOTTOM_PX = 62 };

typedef struct sheet {
    const char *path, *out;
    const csi_dataset *set;
    size_t samples, columns, rows;
} sheet;

static void put_head(FILE *to, const sheet *s)
{
    double width = (double)(s->columns * TILE_PX + LEFT_PX + RIGHT_PX);
    double height = (double)(s->rows * TILE_PX + TOP_PX + BOTTOM_PX);
    const char *slash = strrchr(s->path, '/');
    fprintf(to, "set palette defined (0 '#ffffff', 0.12 '#edf8b1', 0.3 '#7fcdbb', 0.55 '#2c7fb8', "
                "1 '#081d58')\nset cbrange [0:1]\nset border lw 0.5 lc '#555555'\n"
                "set tics out nomirror scale 0.5 textcolor '#333333'\nunset key\n");
    fprintf(to, "set multiplot layout %zu,%zu margins %.4f,%.4f,%.4f,%.4f spacing %.4f,%.4f\n",
            s->rows, s->columns, LEFT_PX / width, 1 - RIGHT_PX / width, BOTTOM_PX / height,
            1 - TOP_PX / height, 14 / width, 30 / height);
    fprintf(to, "set label 1 ");
    gnuplot_quoted(to, slash ? slash + 1 : s->path);
    fprintf(to, " at screen %.4f,%.4f font 'sans,13'\n", LEFT_PX / width, 1 - 22 / height);
    fprintf(to,
            "set label 2 '|H| in the angle-delay domain: %zu of %zu samples, each relative to its "
            "largest' at screen %.4f,%.4f textcolor '#555555'\n",
            s->samples, s->set->samples, LEFT_PX / width, 1 - 44 / height);
    fprintf(to, "set label 3 'delay tap' at screen %.4f,%.4f center font 'sans,10'\n",
            (LEFT_PX + (double)(s->columns * TILE_PX) / 2) / width, 16 / height);
    fprintf(to,
            "set label 4 'angle (row %u: broadside)' at screen %.4f,%.4f center rotate by 90 "
            "font 'sans,10'\n",
            s->set->nt / 2, 18 / width, (BOTTOM_PX + (double)(s->rows * TILE_PX) / 2) / height);
}

static void put_data(FILE *to, const csi_dataset *set, size_t i)
{
    size_t entries = (size_t)set->nt * set->ni;
    const float *x = set->x + i * 2 * entries;
    double most = 0;
    for (size_t k = 0; k < entries; k++)
        most = fmax(most, hypot((double)x[k] - 0.5, (double)x[entries + k] - 0.5));
    fprintf(to, "$h << EOD\n");
    for (size_t k = 0; k < entries; k++)
        fprintf(to, "%.4f%c",
                hypot((double)x[k] - 0.5, (double)x[entries + k] - 0.5) / (most > 0 ? most : 1),
                (k + 1) % set->ni ? ' ' : '\n');
    fprintf(to, "EOD\n");
}

/* Numbers tics only at the left and the lower edge of the sheet. */
static void put_tile(FILE *to, const sheet *s, size_t tile)
{
    size_t i = tile * s->set->samples / s->samples;
    bool left = tile % s->columns == 0, bottom = tile + s->columns >= s->samples;
    put_data(to, s->set, i);
    fprintf(to, "set title 'sample %zu' offset 0,-0.7 textcolor '#333333'\n", i);
    fprintf(to, "set xrange [-0.5:%u.5]\nset yrange [%u.5:-0.5]\n", s->set->ni - 1, s->set->nt - 1);
    fprintf(to, "set xtics %u format '%s'\nset ytics %u format '%s'\n", (s->set->ni + 3) / 4,
            bottom ? "%g" : "", (s->set->nt + 3) / 4, left ? "%g" : "");
    double width = (double)(s->columns * TILE_PX + LEFT_PX + RIGHT_PX);
    double height = (double)(s->rows * TILE_PX + TOP_PX + BOTTOM_PX);
    if (tile + 1 == s->samples)
        fprintf(to,
                "set colorbox user origin screen %.4f,%.4f size screen %.4f,%.4f\n"
                "set cbtics 0.25 format '%%g'\n",
                1 - (RIGHT_PX - 22) / width, BOTTOM_PX / height, 14 / width,
                fmin(1 - (TOP_PX + BOTTOM_PX) / height, 2.0 * TILE_PX / height));
    else
        fprintf(to, "unset colorbox\n");
    fprintf(to, "plot $h matrix with image\nunset label\n");
}

static int draw(const sheet *s, err *e)
{
    gnuplot g;
    double width = (double)(s->columns * TILE_PX + LEFT_PX + RIGHT_PX);
    double height = (double)(s->rows * TILE_PX + TOP_PX + BOTTOM_PX);
    int status = gnuplot_start(&g, s->out, width, height, 9, e);
    if (status != ERR_NONE)
        return status;
    put_head(g.to, s);
    for (size_t i = 0; i < s->samples; i++)
        put_tile(g.to, s, i);
    fprintf(g.to, "unset multiplot\n");
    return gnuplot_finish(&g, e);
}

static int plot(sheet *s, err *e)
{
    csi_dataset set;
    if (csi_dataset_read(s->path, NULL, &set, e) != ERR_NONE)
        return e->code;
    s->set = &set;
    s->samples = s->samples < set.samples ? s->samples : set.samples;
    s->columns = (size_t)ceil(sqrt((double)s->samples));
    s->rows = (s->samples + s->columns - 1) / s->columns;
    int status = draw(s, e);
    csi_dataset_free(&set);
    s->set = NULL;
    return status;
}

int data_plot(int argc, char **argv)
{
    sheet s = {0};
    uint64_t samples = 16;
    const option_spec specs[] = {
        OPTION_STRING("out", &s.out, "FILE.png|FILE.svg|FILE.pdf", "the picture"),
        OPTION_UINT("samples", &samples, 1, SAMPLES_MAX, "K",
                    "samples to draw, evenly spaced "
                    "over the file"),
    };
    const option_command command = {
        .name = "csilink data plot",
        .summary = "draws a contact sheet of |H| in the angle-delay domain",
        .operands = "FILE.mat|FILE.npy",
        .example = "  csilink data plot DATA_Htestin.mat --out indoor.png --samples 25",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (!s.out || !gnuplot_can_write(s.out))
        return option_complain(&command, "it needs --out, a name ending in .png, .svg or .pdf");
    err e = {0};
    s.path = argv[1];
    s.samples = (size_t)samples;
    if (plot(&s, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}
