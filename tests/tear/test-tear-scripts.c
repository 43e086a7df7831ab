// SPDX-License-Identifier: Apache-2.0
// Power cuts at every write and octet of every script that begins with blank cards: whatever a
// script makes a card do, recovery gives the state before or after the command. What a next tap
// then finds stands in test-tear for money and in test-tear-card for issuers; here every card must
// start, and tell who it is or refuse to.
#include "tests/kit/scene/look.h"
#include "tests/kit/scene/scene_script.h"
#include "tests/kit/script/script_fixtures.h"
#include "tests/kit/suite.h"
#include "tests/tear/tear.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static struct host_keys keys;
static struct tear_figures total;

/// The cards of a script's head, blank; none when it begins with made ones.
static struct scene *scene_for(const char *script) {
    struct script_head_card cards[SCENE_CARDS_MAX];
    size_t count = script_head(script, cards);
    struct scene *scene = scene_open(2004);
    for (size_t i = 0; i < count; i++) {
        bool large = strncmp(cards[i].name, "LARGE", 5) == 0;
        if (!large && strncmp(cards[i].name, "BLANK", 5) != 0)
            break;
        struct scene_card *card = scene_bare(scene, cards[i].name, large ? ROLE_TILL : ROLE_WALLET);
        card->interface = cards[i].internal ? CARD_INTERNAL : CARD_CONTACT;
    }
    scene->all_applets = true;
    if (count > 0 && scene->count == count)
        return scene;
    scene_close(scene);
    return NULL;
}

// ---- running -----------------------------------------------------------------------------------

/// Every card answers SELECT of its purse, its security domain and its identity with a word of the
/// documentation.
static const char *still_talks(struct scene *scene, size_t step) {
    static const char *const selects[] = {
        "\x00\xA4\x04\x00\x09\xF0\x54\x45\x53\x53\x45\x52\x41\x01",
        "\x00\xA4\x04\x00\x08\xA0\x00\x00\x01\x51\x00\x00\x00",
        "\x00\xA4\x04\x00\x05\xA0\x00\x00\x03\x08"};
    static const size_t sizes[] = {14, 13, 10};
    (void)step;
    for (size_t i = 0; i < scene->count; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            uint16_t sw =
                scene_raw(scene->cards[i], bytes_of((const uint8_t *)selects[j], sizes[j]));
            if (sw != SW_OK && (sw >> 8) != 0x61 && sw != SW_NOT_FOUND &&
                sw != SW_FILE_INVALIDATED && sw != SW_CONDITIONS && sw != SW_INS_NOT_SUPPORTED)
                return "a card does not say who it is";
        }
    return NULL;
}

/// Cards of an identity write outside the journal where nothing refers to.
static void look(struct scene *scene, uint8_t out[TEAR_LOOK_SIZE]) {
    uint8_t digests[SCENE_CARDS_MAX * SHA256_SIZE] = {0};
    for (size_t i = 0; i < scene->count; i++) {
        struct look now;
        struct issuer *issuer = issuer_at(scene->cards[i]);
        look_at_card(issuer, &now);
        look_digest(scene->crypto, &now, digests + i * SHA256_SIZE);
        issuer_leave(issuer);
    }
    CU_ASSERT_FATAL(scene->crypto->ops->sha256(scene->crypto, BYTES_OF(digests), out));
}

static void tear_script(const char *script) {
    struct tear_figures figures = {0};
    struct scene *scene = scene_for(script);
    if (scene == NULL)
        return;
    struct tear *tear = tear_begin(scene);
    CU_ASSERT(scene_play(scene, script, &keys.keys));
    tear_look_by(tear, look);
    tear_cut(tear, still_talks, &figures);
    tear_end(tear);
    scene_close(scene);
    printf("tear %s: %zu commands, %zu points, %zu cuts, %zu cuts of recoveries, %zu states, %zu "
           "violations\n",
           script, figures.commands, figures.points, figures.cuts, figures.recut, figures.states,
           figures.violations);
    fflush(stdout);
    CU_ASSERT(figures.points > 0);
    CU_ASSERT_EQUAL(figures.violations, 0);
    total.commands += figures.commands;
    total.cuts += figures.cuts + figures.recut;
    total.violations += figures.violations;
}

#ifdef __SANITIZE_ADDRESS__
static const char PATTERN[] = "tests/scripts/endings.apdu";
static const char SUITE[] = "test-tear-scripts";
#else
static const char PATTERN[] = "tests/scripts/*.apdu";
static const char SUITE[] = "e2e-tear-scripts";
#endif

static void test_scripts(void) {
    glob_t found;
    CU_ASSERT_FATAL(script_fixtures_make(&keys));
    CU_ASSERT_EQUAL_FATAL(glob(PATTERN, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        tear_script(found.gl_pathv[i]);
    CU_ASSERT(total.commands > 0);
    globfree(&found);
    CU_ASSERT(script_fixtures_remove());
}

/// All scripts in the optimised build; one with sanitizers, which are five times slower and watch
/// the same code elsewhere.
int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"cuts in every script that makes cards", test_scripts, NULL}};
    int code = suite_main(SUITE, tests, sizeof tests / sizeof tests[0], argc, argv);
    printf("tear scripts: %zu commands, %zu cuts, %zu violations\n", total.commands, total.cuts,
           total.violations);
    return code;
}
