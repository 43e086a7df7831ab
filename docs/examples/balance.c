// SPDX-License-Identifier: Apache-2.0
// Prints what the purse behind a link holds: the smallest program over the library. To build it:
//   cc balance.c $(pkg-config --cflags --libs tessera) -o balance
//   ./balance emu:alice.trm
#include <stdio.h>
#include <stdlib.h>

#include <tessera/apdu/octets/unit.h>
#include <tessera/host/purse/purse_client.h>
#include <tessera/readers/link/link_open.h>

static int print_balances(struct link *link) {
    static struct purse_client client;
    client_over(&client, link);
    if (client_select(&client) != PURSE_OK) {
        fprintf(stderr, "balance: there is no purse, or it does not answer (SW %04X)\n", client.sw);
        return EXIT_FAILURE;
    }
    printf("%s\n", client.selection.id);
    for (size_t i = 0; i < client.selection.balance_count; i++) {
        const struct purse_balance *pocket = &client.selection.balances[i];
        char unit[UNIT_NAME_MAX];
        printf("%llu %s\n", (unsigned long long)pocket->balance, unit_name(pocket->unit, unit));
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    struct link_failure failure;
    if (argc != 2) {
        fprintf(stderr, "usage: balance LINK\n");
        return 2;
    }
    struct link *link = link_open(argv[1], NULL, &failure);
    if (link == NULL) {
        fprintf(stderr, "balance: %s\n", failure.text);
        return link_exit_code(failure.status);
    }
    int code = print_balances(link);
    link_close(link);
    return code;
}
