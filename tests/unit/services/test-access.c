// SPDX-License-Identifier: Apache-2.0
// Who may call what, over the rows of every service's interface. Each service's own suite asks
// every row with every role and as a stranger (tests/kit/services/sweep.h); here the rows
// themselves are held: whatever is somebody's has an owner, what everybody may see is on a short
// list with its reason, and no field of any message is there for the data of a payment card.
#include "services/wire/api/bank_api.h"
#include "services/wire/api/charge_api.h"
#include "services/wire/api/clearing_api.h"
#include "services/wire/api/content_api.h"
#include "services/wire/api/licence_api.h"
#include "services/wire/api/registry_api.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const struct api *const apis[] = {&bank_api,    &charge_api,  &clearing_api,
                                         &content_api, &licence_api, &registry_api};
enum { APIS = sizeof apis / sizeof apis[0], DEPTH_MOST = 8 };

/// Rows that nobody owns and that more than a desk may call.
static const struct open_row {
    const char *name, *why;
} open_rows[] = {
    {"bank.docket", "the account's card signed it"},
    {"charge.usage", "a gateway reports for whoever called"},
    {"charge.docket", "the subscriber's card signed it"},
    {"charge.purchase", "the subscriber's card signed it"},
    {"charge.deposit", "the handler asks for the subscriber's password"},
    {"clearing.center", "certificates are public"},
    {"clearing.certificates", "certificates are for whoever verifies"},
    {"clearing.policy", "its provider signed it"},
    {"clearing.incoming", "a bank tells whose it is"},
    {"clearing.grant", "the handler asks whose the unit is"},
    {"clearing.hotlist", "everybody has to know it"},
    {"content.list", "a catalogue is for everybody"},
    {"content.page", "a catalogue is for everybody"},
    {"content.read", "a catalogue is for everybody"},
    {"content.container", "it is sealed"},
    {"content.upload", "whoever begins it owns it from then on"},
    {"licence.recipient", "a public key"},
    {"licence.key", "whoever hands it in owns it from then on"},
    {"licence.offers", "prices are for everybody"},
    {"licence.offer", "prices are for everybody"},
    {"licence.sale", "whoever buys owns it from then on"},
    {"licence.settlement", "a bank or till tells what was paid, the handler compares"},
    {"licence.conversion", "a converter's own request, for a key that the handler asks about"},
    {"registry.inquiry", "enterprises are known to whoever trades with them"},
    {"registry.refusals", "everybody has to know it"},
};

static const char *open_why(const struct endpoint *row) {
    for (size_t i = 0; i < sizeof open_rows / sizeof open_rows[0]; i++)
        if (strcmp(open_rows[i].name, row->name) == 0)
            return open_rows[i].why;
    return NULL;
}

/// A desk works for whoever runs the service.
static bool is_desk(uint32_t roles) {
    return roles != ROLE_NONE && (roles & ~(uint32_t)(ROLE_OPERATOR | ROLE_AUDITOR)) == 0;
}

static void each_row(void (*check)(const struct endpoint *row)) {
    for (size_t i = 0; i < APIS; i++)
        for (size_t k = 0; k < apis[i]->count; k++)
            check(apis[i]->endpoints[k]);
}

// ---- owners ------------------------------------------------------------------------------------

static void has_owner(const struct endpoint *row) {
    bool open = row->owner == OWNER_ANY && !is_desk(row->roles);
    if (open && open_why(row) == NULL)
        printf("\n    {\"%s\", \"\"}, // %s %s %x", row->name, row->method, row->path, row->roles);
    CU_ASSERT_TRUE(!open || open_why(row) != NULL);
}

static void test_owners(void) {
    each_row(has_owner);
}

/// Nobody without a certificate changes anything, and everything that changes has a key.
static void changes_nothing_unknown(const struct endpoint *row) {
    bool reads = strcmp(row->method, "GET") == 0;
    CU_ASSERT_TRUE(reads || (row->roles != ROLE_NONE && row->key == KEY_NEEDED));
    CU_ASSERT_TRUE(!reads || row->key == KEY_NONE);
}

static void test_changes(void) {
    each_row(changes_nothing_unknown);
}

static size_t found;

/// Logs and objects of purses travel between parties that have shown their certificates; what is
/// signed for everybody may be read by everybody.
static bool carries_object(const struct shape *shape, unsigned depth) {
    for (size_t i = 0; shape != NULL && depth < DEPTH_MOST && i < shape->count; i++) {
        const struct shape_row *field = &shape->rows[i];
        if (field->kind == FORM_OBJECT ||
            (field->inner != NULL && carries_object(field->inner, depth + 1)))
            return true;
    }
    return false;
}

static void is_authenticated(const struct endpoint *row) {
    bool carries = carries_object(row->request, 0) || carries_object(row->answer, 0);
    found += carries;
    CU_ASSERT_TRUE(!carries || row->roles != ROLE_NONE ||
                   (strcmp(row->method, "GET") == 0 && open_why(row) != NULL));
}

static void test_authenticated(void) {
    found = 0;
    each_row(is_authenticated);
    CU_ASSERT_TRUE(found > 10);
}

// ---- data of persons ---------------------------------------------------------------------------

/// Parts of names that a field for a payment card or a person behind it would have.
static const char *const barred[] = {"pan",   "cvv",   "cvc",      "card-number", "expiry-month",
                                     "track", "birth", "passport", "holder-name", "street"};

static bool is_barred(const char *name) {
    for (size_t i = 0; i < sizeof barred / sizeof barred[0]; i++)
        if (strcmp(name, barred[i]) == 0 ||
            (strlen(barred[i]) > 3 && strstr(name, barred[i]) != NULL))
            return true;
    return false;
}

static void has_no_card(const struct shape *shape, unsigned depth) {
    for (size_t i = 0; shape != NULL && depth < DEPTH_MOST && i < shape->count; i++) {
        found++;
        CU_ASSERT_FALSE(is_barred(form_names[shape->rows[i].name]));
        has_no_card(shape->rows[i].inner, depth + 1);
    }
}

static void asks_no_card(const struct endpoint *row) {
    has_no_card(row->request, 0);
    has_no_card(row->answer, 0);
}

static void test_no_card(void) {
    found = 0;
    each_row(asks_no_card);
    CU_ASSERT_TRUE(found > 200 && is_barred("pan") && is_barred("card-number"));
}

static const struct suite_test tests[] = {
    {"whatever is somebody's has an owner", test_owners, "S05a"},
    {"what changes has a role and a key", test_changes, NULL},
    {"no object travels before both sides are known", test_authenticated, "S02a S03a S05a"},
    {"no message has a field for a payment card", test_no_card, "G12"},
};

int main(int argc, char **argv) {
    return suite_main("test-access", tests, sizeof tests / sizeof tests[0], argc, argv);
}
