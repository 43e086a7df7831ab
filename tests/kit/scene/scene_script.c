// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/scene_script.h"

#include "apdu/script/run/host.h"
#include "card/port/cut.h"

#include <stdio.h>
#include <string.h>

/// A card as a script sees it: a link, and a medium whose power the script may cut.
struct seat {
    struct link link;
    struct script_control control;
    struct scene_card *card;
    const struct nvm_port *medium;
    struct nvm_cut cut;
};

static enum link_status seat_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                      size_t capacity, size_t *answer_size) {
    struct seat *seat = (struct seat *)link;
    if (seat->cut.dark)
        return LINK_BROKEN;
    scene_raw(seat->card, command);
    if (seat->cut.dark)
        return LINK_BROKEN;
    *answer_size = seat->card->answer.size + 2;
    if (*answer_size > capacity)
        return LINK_TOO_LONG;
    memcpy(answer, seat->card->octets, *answer_size);
    return LINK_OK;
}

static enum link_status seat_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                   size_t capacity, size_t *atr_size) {
    struct seat *seat = (struct seat *)link;
    if (kind == LINK_RESET_WARM && !seat->cut.dark) {
        scene_reset(seat->card);
    } else {
        nvm_cut_restore(&seat->cut);
        scene_power(seat->card);
    }
    if (atr != NULL && capacity >= CARD_ATR_MAX)
        *atr_size = card_atr(CARD_CONTACT, atr);
    return LINK_OK;
}

static void seat_close(struct link *link) {
    (void)link;
}

static enum link_status seat_cut(const struct script_control *control, uint64_t writes) {
    struct seat *seat = control->context;
    nvm_cut_arm(&seat->cut, writes, 0);
    return LINK_OK;
}

static void take_seat(struct seat *seat, struct scene_card *card) {
    static const struct link_ops ops = {seat_transmit, seat_reset, seat_close};
    seat->link = (struct link){.ops = &ops, .command_max = 2048, .answer_max = 258};
    snprintf(seat->link.name, sizeof seat->link.name, "scene:%s", card->holder);
    seat->control = (struct script_control){.power_cut = seat_cut, .context = seat};
    seat->card = card;
    seat->medium = card->ports.nvm;
    nvm_cut_init(&seat->cut, seat->medium);
    card->ports.nvm = &seat->cut.port;
    scene_power(card);
}

static void leave_seat(struct seat *seat) {
    nvm_cut_restore(&seat->cut);
    seat->card->ports.nvm = seat->medium;
    scene_power(seat->card);
}

static void print_diagnostic(const struct script_diagnostic *diagnostic) {
    struct buffer text;
    buffer_init(&text, &host_memory);
    diagnostic_render(diagnostic, &text);
    fputs(buffer_string(&text), stderr);
    buffer_free(&text);
}

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    (void)listener;
    print_diagnostic(&what->diagnostic);
    fputs(what->detail, stderr);
}

static void on_mistake(const struct script_reporter *reporter,
                       const struct script_diagnostic *diagnostic) {
    (void)reporter;
    print_diagnostic(diagnostic);
}

size_t script_head(const char *file, struct script_head_card cards[SCENE_CARDS_MAX]) {
    static const char mark[] = "#! cards ";
    char line[256];
    size_t count = 0;
    FILE *in = fopen(file, "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, mark, sizeof mark - 1) != 0)
            continue;
        char *rest = line + sizeof mark - 1, *word;
        for (; (word = strtok_r(rest, " \n", &rest)) != NULL && count < SCENE_CARDS_MAX; count++) {
            char *way = strchr(word, ',');
            cards[count].internal = way != NULL && strcmp(way, ",internal") == 0;
            snprintf(cards[count].name, sizeof cards[count].name, "%.*s",
                     way != NULL ? (int)(way - word) : SCRIPT_CARD_NAME_MAX - 1, word);
        }
        break;
    }
    if (in != NULL)
        fclose(in);
    return count;
}

bool scene_play(struct scene *scene, const char *file, const struct script_keys *keys) {
    struct script_ports around = host_ports(scene->crypto);
    const struct script_options options = {.seed = 1, .keys = keys};
    const struct script_listener listener = {.failure = on_failure};
    const struct script_reporter reporter = {.report = on_mistake};
    struct script_run_result result = {.outcome = OUTCOME_ERROR};
    struct script_program program;
    struct script_card cards[SCENE_CARDS_MAX];
    static struct seat seats[SCENE_CARDS_MAX];
    const char *error = "";
    for (size_t i = 0; i < scene->count; i++) {
        take_seat(&seats[i], scene->cards[i]);
        cards[i] = (struct script_card){scene->cards[i]->holder, &seats[i].link, &seats[i].control};
    }
    program_init(&program, around.memory, around.files);
    program.main = sources_load(&program.sources, NULL, bytes_of_string(file), &error);
    if (program.main == NULL)
        fprintf(stderr, "%s: %s\n", file, error);
    else if (program_check(&program, &reporter, NULL, NULL))
        result = run_script(&program, &around, &options, cards, scene->count, &listener);
    program_free(&program);
    for (size_t i = 0; i < scene->count; i++)
        leave_seat(&seats[i]);
    return result.outcome == OUTCOME_PASSED && result.exchanges > 0;
}
