// SPDX-License-Identifier: Apache-2.0
// What the vending machine is asked for, by its screen and by commands.
#include "host/vend/vend_private.h"

#include "host/machine/machine_books.h"
#include "host/purse/purse_failure.h"
#include "host/sale/sale_reference.h"
#include "host/terminal/page_files.h"
#include "host/terminal/terminal_control.h"
#include "host/vend/motor_simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PAGE_FILE(vend, "host/vend/page/vend.html");
PAGE_FILE(vend_script, "host/vend/page/vend.js");

/// The record of an order for one article.
static void fill(struct vend *vend, const struct price *price) {
    vend->record = (struct sale_record){.amount = price->amount,
                                        .unit = price->unit,
                                        .time_ms = clock_now_ms(vend->machine.options.clock)};
    snprintf(vend->record.item, sizeof vend->record.item, "%s", price->id);
    snprintf(vend->record.text, sizeof vend->record.text, "%s", price->names[0]);
}

// ---- the screen's acts -------------------------------------------------------------------------

static void act_choose(struct machine *machine, json_t *act) {
    struct vend *vend = machine->context;
    struct failure failure;
    const char *item = json_string_value(json_object_get(act, "item"));
    const struct price *price = item != NULL ? price_list_find(&vend->goods, item) : NULL;
    if (vend->under_way || price == NULL)
        return;
    fill(vend, price);
    if (sale_refer_anew(&vend->record, REFERENCE_GOODS, vend->machine.options.crypto) &&
        vend_begin(vend, &failure))
        return;
    memset(&vend->record, 0, sizeof vend->record);
    machine_rest(&vend->machine, "out-of-order");
}

static void act_cancel(struct machine *machine, json_t *act) {
    struct vend *vend = machine->context;
    (void)act;
    if (vend->under_way)
        vend_cancel(vend, "cancelled");
}

static void act_done(struct machine *machine, json_t *act) {
    struct vend *vend = machine->context;
    (void)act;
    if (!vend->under_way)
        machine_rest(&vend->machine, NULL);
}

static const struct machine_act acts[] = {
    {"choose", act_choose}, {"cancel", act_cancel}, {"done", act_done}, {NULL, NULL}};

// ---- commands ----------------------------------------------------------------------------------

static bool command_buy(struct machine *machine, json_t *command, int reply,
                        struct failure *failure) {
    struct vend *vend = machine->context;
    const char *item = "", *reference = "";
    if (json_unpack(command, "{s:s, s:s}", "item", &item, "ref", &reference) != 0)
        return fail(failure, EXIT_USAGE, "buy needs an article and a reference");
    if (vend->under_way)
        return fail(failure, EXIT_REFUSED, "another order is under way; try again");
    const struct price *price = price_list_find(&vend->goods, item);
    if (price == NULL)
        return fail(failure, EXIT_USAGE, "there is no article '%s' in this machine", item);
    fill(vend, price);
    if (!sale_refer(&vend->record, REFERENCE_GOODS, reference))
        return fail(failure, EXIT_USAGE, "--ref '%s' is not 1 to %d characters long", reference,
                    PURSE_REFERENCE_MAX - 1);
    vend->machine.reply = reply;
    if (vend_begin(vend, failure))
        return true;
    vend->machine.reply = -1;
    memset(&vend->record, 0, sizeof vend->record);
    return false;
}

static bool command_jam(struct machine *machine, json_t *command, int reply,
                        struct failure *failure) {
    struct vend *vend = machine->context;
    (void)command;
    (void)failure;
    motor_simulated_jam(vend->motor);
    terminal_control_answer(reply, json_pack("{s:i, s:s}", "code", EXIT_DONE, "state", "jams"));
    return true;
}

static const struct machine_command commands[] = {{"buy", command_buy},
                                                  {"jam", command_jam},
                                                  {"pending", machine_pending},
                                                  {"settle", machine_settle},
                                                  {NULL, NULL}};

// ---- its kind ----------------------------------------------------------------------------------

static bool open_parts(struct machine *machine, struct failure *failure) {
    struct vend *vend = machine->context;
    vend->motor = motor_simulated_open(machine->options.state, failure);
    if (vend->motor == NULL || !vend_bill_open(vend, failure))
        return false;
    vend->server = vend_server(vend);
    machine->sales.server = &vend->server;
    return true;
}

static const char *tap(struct machine *machine) {
    return vend_tap(machine->context);
}

static void tapped(struct machine *machine, const char *say) {
    vend_tapped(machine->context, say);
}

static void tired(struct machine *machine) {
    struct vend *vend = machine->context;
    if (vend->under_way)
        vend_cancel(vend, "no-card");
    else
        machine_rest(machine, NULL);
}

static void show(const struct machine *machine, json_t *state) {
    vend_show(machine->context, state);
}

static void resume(struct machine *machine, const struct sale_record *record) {
    vend_resume(machine->context, record);
}

/// A vending machine hands out things; rights are a kiosk's.
static bool read_goods(struct vend *vend, struct failure *failure) {
    if (!price_list_open(&vend->goods, vend->options.goods, failure))
        return false;
    for (size_t i = 0; i < vend->goods.count; i++)
        if (vend->goods.rows[i].kind != PRICE_GOODS)
            return fail(failure, EXIT_USAGE, "%s: '%s' is no goods, and nothing else falls",
                        vend->options.goods, vend->goods.rows[i].id);
    return true;
}

/// Whose machine it is, by the certificate that signs what it charges.
static bool read_enterprise(struct vend *vend, struct failure *failure) {
    struct purse_client *own = &vend->machine.own.client;
    struct certificate certificate;
    struct bytes octets;
    if (!purse_went(own, client_read_certificate(own, &octets), failure))
        return false;
    if (certificate_parse(octets, &certificate) != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the till's certificate cannot be read");
    snprintf(vend->enterprise, sizeof vend->enterprise, "%.*s", (int)certificate.enterprise.size,
             (const char *)certificate.enterprise.data);
    const char *wanted = vend->options.enterprise;
    return wanted == NULL || strcmp(wanted, vend->enterprise) == 0 ||
           fail(failure, EXIT_REFUSED, "wrong-party: the till is of enterprise '%s', not '%s'",
                vend->enterprise, wanted);
}

struct vend *vend_open(const struct machine_options *machine, const struct vend_options *options,
                       struct failure *failure) {
    const struct machine_kind kind = {.name = "vend",
                                      .own = "the till",
                                      .role = ROLE_TILL,
                                      .reference = REFERENCE_GOODS,
                                      .idle = "choose",
                                      .page = PAGE_FILE_OF(vend),
                                      .script = PAGE_FILE_OF(vend_script),
                                      .open = open_parts,
                                      .acts = acts,
                                      .commands = commands,
                                      .tap = tap,
                                      .tapped = tapped,
                                      .tired = tired,
                                      .show = show,
                                      .resume = resume};
    struct vend *vend = calloc(1, sizeof *vend);
    if (vend == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    vend->machine.context = vend;
    vend->machine.control = vend->machine.reply = -1;
    vend->options = *options;
    if (read_goods(vend, failure) && machine_open(&vend->machine, &kind, machine, failure) &&
        read_enterprise(vend, failure)) {
        machine_say(&vend->machine, vend->machine.phase,
                    vend->machine.say); // now with its operator
        return vend;
    }
    vend_close(vend);
    return NULL;
}

struct machine *vend_machine(struct vend *vend) {
    return &vend->machine;
}

void vend_close(struct vend *vend) {
    if (vend == NULL)
        return;
    machine_close(&vend->machine);
    if (vend->motor != NULL)
        vend->motor->ops->close(vend->motor);
    free(vend);
}
