/* Telling the service manager how we are. Called by front.c. Does nothing when nobody asked (NOTIFY_SOCKET).
 */
#ifndef STOCKROOM_SERVER_FRONT_NOTIFY_H
#define STOCKROOM_SERVER_FRONT_NOTIFY_H

/* Read NOTIFY_SOCKET and take it out of the environment: no child speaks for us. At start. */
void notify_init(void);

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
