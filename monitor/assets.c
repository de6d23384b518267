#include "monitor/assets.h"

#include <string.h>

/* The assembler takes the files in as they are; the Makefile names them as prerequisites. */
#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n" #name "_start:\n.incbin \"monitor/assets/" file "\"\n" #name      \
            "_end:\n.byte 0\n.previous\n");                                                        \
    extern const unsigned char name##_start[], name##_end[];

EMBED(asset_page, "index.html")
EMBED(asset_style, "monitor.css")
EMBED(asset_script, "monitor.js")
EMBED(asset_uplot, "uPlot.iife.min.js")
EMBED(asset_uplot_style, "uPlot.min.css")
EMBED(asset_icon, "icon.svg")

static const asset assets[] = {
    {"/", "text/html; charset=utf-8", asset_page_start, asset_page_end},
    {"/monitor.css", "text/css; charset=utf-8", asset_style_start, asset_style_end},
    {"/monitor.js", "text/javascript; charset=utf-8", asset_script_start, asset_script_end},
    {"/uPlot.js", "text/javascript; charset=utf-8", asset_uplot_start, asset_uplot_end},
    {"/uPlot.css", "text/css; charset=utf-8", asset_uplot_style_start, asset_uplot_style_end},
    {"/icon.svg", "image/svg+xml", asset_icon_start, asset_icon_end},
};

const asset *asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}
