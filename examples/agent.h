/* What guest_agent and agent_call agree on. Each message is its size, 4 bytes
 * with the high one first, and so many bytes of text. A request is one word;
 * its reply is "ok TEXT" or "error TEXT". Requests are answered in order, and
 * any number of them may be under way. */
#ifndef HVUV_EXAMPLES_AGENT_H
#define HVUV_EXAMPLES_AGENT_H

#define AGENT_ADDRESS           "local://any/5001"
#define AGENT_MAX_MESSAGE_BYTES 1024

#define AGENT_FRAMING                                                          \
  {                                                                            \
    .kind = HVUV_FRAMING_LENGTH, .prefix_bytes = 4,                            \
    .max_message_bytes = AGENT_MAX_MESSAGE_BYTES                               \
  }

#endif /* HVUV_EXAMPLES_AGENT_H */
