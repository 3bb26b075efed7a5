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
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Hello from a container</title><style>"
        "body{font:17px/1.6 system-ui,sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem;color:#1b2430;"
        "background:#f6f8fb}h1{font-size:2.2rem;margin:0 0 .2em}p{margin:.3em 0 1.4em;color:#51607a}"
        "dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.2rem;background:#fff;padding:1.2rem 1.4rem;"
        "border-radius:12px;box-shadow:0 1px 4px #0001}dt{color:#51607a}dd{margin:0;font-family:ui-monospace,monospace;"
        "overflow-wrap:anywhere}</style><h1>Hello!</h1>"
        "<p>This page comes from a container that an open market found a machine for.</p>"
        "<dl><dt>container</dt><dd>%s</dd><dt>deployment</dt><dd>%s</dd><dt>tenant</dt><dd>%s</dd>"
        "<dt>provider</dt><dd>%s</dd></dl></html>\n",
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
