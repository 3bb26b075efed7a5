/* The sample workload: one page that says where it runs. Static, no libc state to set up, ends on SIGTERM at once. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(int number) { (void)number; _exit(0); }

static const char *env(const char *name) {
    const char *value = getenv(name);
    return value ? value : "-";
}

static int page(char *out, size_t room) {
    char host[128] = "";
    gethostname(host, sizeof host - 1);
    return snprintf(out, room,
#include "page.h"
        ,
        host, env("AKASH_DEPLOYMENT_SEQUENCE"), env("AKASH_OWNER"), env("AKASH_PROVIDER"));
}

static void answer(int client) {
    char request[4096], body[4096], head[256];
    struct timeval patience = {5, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (read(client, request, sizeof request) > 0) {
        int size = page(body, sizeof body);
        int length = snprintf(head, sizeof head,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", size);
        if (write(client, head, length) == length && write(client, body, size) == size) shutdown(client, SHUT_WR);
    }
    close(client);
}

int main(void) {
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8080)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 128)) {
        perror("port 8080");
        return 1;
    }
    printf("hello: listening on port 8080\n");
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        printf("hello: request\n");
        fflush(stdout);
        answer(client);
    }
}
