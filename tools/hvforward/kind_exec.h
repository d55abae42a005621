/* The processes of exec: that are left when the program ends. */
#ifndef HVUV_TOOLS_KIND_EXEC_H
#define HVUV_TOOLS_KIND_EXEC_H

/* Asks them to end (SIGTERM), and forgets them. */
void exec_end(void);

#endif /* HVUV_TOOLS_KIND_EXEC_H */
