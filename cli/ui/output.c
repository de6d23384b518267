#include "cli/ui/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/json.h"
#include "ui/program.h"

void output_json(cJSON *tree)
{
    char *text = json_print(tree);
    cJSON_Delete(tree);
    if (text)
        puts(text);
    else
        program_output_lost(ENOMEM);
    free(text);
}
