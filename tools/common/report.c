#include "report.h"

int report_meaning(const tool_t* tool,
                   const char* step,
                   const char* where,
                   int err,
                   const char* meaning) {
  if (err != 0)
    fprintf(stderr,
            "%s: %s failed on %s: %s (%s). %s\n",
            tool->name,
            step,
            where,
            uv_strerror(err),
            uv_err_name(err),
            meaning);
  return err;
}

int report(const tool_t* tool,
           hvuv_step_t step,
           const hvuv_addr_t* addr,
           int err) {
  char meaning[HVUV_EXPLAIN_STRLEN] = "";
  char text[HVUV_ADDR_STRLEN] = "(no address)";
  size_t size = sizeof(text);

  if (err == 0)
    return 0;
  hvuv_addr_format(addr, text, &size);
  hvuv_explain_step(addr, step, err, meaning, sizeof(meaning));
  return report_meaning(tool, hvuv_step_name(step), text, err, meaning);
}

int read_address(const tool_t* tool,
                 const char* argument,
                 const char* text,
                 hvuv_addr_t* addr) {
  char why[HVUV_ADDR_WHY_STRLEN];

  if (hvuv_addr_parse_why(text, addr, why, sizeof(why)) == 0)
    return 0;
  return usage_error(tool, "%s: %s", argument, why);
}
