// SPDX-License-Identifier: Apache-2.0
// The trunk: the script that runs once and forks before every command. What children do stands in
// campaign_child.c.
#include "apdu/script/tools/campaign.h"
#include "base/files.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apdu/script/run/host.h"
#include "apdu/script/tools/campaign_child.h"

enum { CHILD_UNSTEADY = 3 }; // exit code: its cards are not as the parent's

// ---- children --------------------------------------------------------------------------------

static struct campaign_child *child_at(struct campaign *campaign, size_t index) {
    return &campaign->children[(campaign->first + index) % CAMPAIGN_JOBS_MAX];
}

/// 0 in the child, whose pipe is campaign->told; below 0: failed.
static pid_t fork_child(struct campaign *campaign, int *pipe_end) {
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        campaign->told = ends[1];
        const struct campaign_cards *cards = campaign->cards;
        if (cards->again != NULL && !cards->again(cards->context))
            _exit(CHILD_UNSTEADY);
        return 0;
    }
    close(ends[1]);
    *pipe_end = ends[0];
    if (process < 0)
        close(ends[0]);
    return process;
}

/// False at the end of the pipe.
static bool receive(struct campaign_child *child) {
    uint8_t part[4096];
    ssize_t got = read(child->pipe, part, sizeof part);
    if (got > 0)
        buffer_put(&child->told, bytes_of(part, (size_t)got));
    return got > 0 || (got < 0 && errno == EINTR);
}

static void bury(struct campaign_child *child) {
    close(child->pipe);
    while (waitpid(child->process, &child->status, 0) < 0 && errno == EINTR)
        continue;
    child->ended = true;
}

static void read_some(struct campaign *campaign) {
    struct pollfd events[CAMPAIGN_JOBS_MAX];
    struct campaign_child *which[CAMPAIGN_JOBS_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < campaign->running; i++) {
        struct campaign_child *child = child_at(campaign, i);
        if (child->ended)
            continue;
        events[count] = (struct pollfd){.fd = child->pipe, .events = POLLIN};
        which[count++] = child;
    }
    if (poll(events, count, -1) < 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        if (events[i].revents != 0 && !receive(which[i]))
            bury(which[i]);
}

// ---- what they told --------------------------------------------------------------------------

static void print_child(const struct campaign *campaign, const struct campaign_child *child,
                        const char *word, const char *outcome) {
    fprintf(campaign->out, "%s\tstep %zu\t%s %zu\trun %s\t%s\n", word, child->step,
            mutation_word(child->kind), child->parameter, outcome, child->command);
    fflush(campaign->out); // what broke follows on err
}

static void write_reproducer(struct campaign *campaign, const struct campaign_child *child,
                             struct bytes log) {
    char path[SCRIPT_PATH_MAX];
    snprintf(path, sizeof path, "%s/step-%zu-%s-%zu.apdu", campaign->options->folder, child->step,
             mutation_word(child->kind), child->parameter);
    FILE *file = files_create_private(path); // PINs may be in it
    if (file != NULL) {
        fprintf(file,
                "#! name \"step %zu, %s %zu\"\n# What went over the wire when an invariant of %s "
                "broke. Once more:\n# tessera apdu mutate THIS --kinds none --invariants %s, with "
                "the same cards and seed\n",
                child->step, mutation_word(child->kind), child->parameter,
                campaign->program->main->path, campaign->rules->main->path);
        fwrite(log.data, 1, log.size, file);
    }
    if (file == NULL || fclose(file) != 0)
        fprintf(campaign->err, "%s: %s\n", path, strerror(errno));
}

/// The child's cards could not be made again: that is no mistake of the script's.
static bool is_unsteady(struct campaign *campaign, const struct campaign_child *child) {
    bool unsteady = WIFEXITED(child->status) && WEXITSTATUS(child->status) == CHILD_UNSTEADY;
    campaign->unsteady |= unsteady;
    campaign->failed |= unsteady;
    return unsteady;
}

static void take_verdict(struct campaign *campaign, const struct campaign_child *child) {
    struct campaign_verdict verdict;
    struct bytes told = buffer_bytes(&child->told);
    bool whole = child->status == 0 && told.size >= sizeof verdict;
    if (is_unsteady(campaign, child))
        return;
    if (whole)
        memcpy(&verdict, told.data, sizeof verdict);
    else {
        verdict = (struct campaign_verdict){.outcome = OUTCOME_BROKEN};
        fprintf(campaign->err, "the run ended by %s %d\n",
                WIFSIGNALED(child->status) ? "signal" : "exit code",
                WIFSIGNALED(child->status) ? WTERMSIG(child->status) : WEXITSTATUS(child->status));
    }
    campaign->mistakes++;
    campaign->mistakes_of[child->kind]++;
    campaign->compared += verdict.compared;
    campaign->violations += !verdict.held;
    if (!verdict.held || campaign->options->list)
        print_child(campaign, child, verdict.held ? "held" : "VIOLATED",
                    outcome_word((enum script_outcome)verdict.outcome));
    if (verdict.held || !whole)
        return;
    fwrite(told.data + sizeof verdict, 1, verdict.text_size, campaign->err);
    size_t before = sizeof verdict + verdict.text_size;
    if (campaign->options->folder != NULL)
        write_reproducer(campaign, child, bytes_of(told.data + before, told.size - before));
}

/// Waits until so many children at most are left; tells them in order.
static void reap(struct campaign *campaign, size_t left) {
    while (campaign->running > left) {
        struct campaign_child *child = child_at(campaign, 0);
        if (!child->ended) {
            read_some(campaign);
            continue;
        }
        take_verdict(campaign, child);
        buffer_free(&child->told);
        campaign->first = (campaign->first + 1) % CAMPAIGN_JOBS_MAX;
        campaign->running--;
    }
}

// ---- the trunk -------------------------------------------------------------------------------

/// True in the child.
static bool scout_ahead(struct campaign *campaign, size_t card) {
    struct campaign_child child = {.process = 0};
    buffer_init(&child.told, &host_memory);
    child.process = fork_child(campaign, &child.pipe);
    if (child.process == 0) {
        scout_begin(campaign, card);
        return true;
    }
    campaign->failed |= child.process < 0;
    if (child.process > 0) {
        while (receive(&child))
            continue;
        bury(&child);
        campaign->failed |= is_unsteady(campaign, &child) || child.status != 0 ||
                            !scout_read(&campaign->scout, &child.told);
    }
    buffer_free(&child.told);
    return false;
}

static void describe(char *text, size_t size, const char *card, struct bytes command) {
    int used = snprintf(text, size, "%.32s:", card);
    for (size_t i = 0; i < command.size && i < 4 && used > 0; i++)
        used += snprintf(text + used, size - (size_t)used, " %02X", (unsigned)command.data[i]);
}

/// True in the child.
static bool branch(struct campaign *campaign, enum mutation_kind kind, size_t parameter,
                   size_t card, struct bytes command) {
    reap(campaign, campaign->options->jobs - 1);
    struct campaign_child *child = child_at(campaign, campaign->running);
    *child = (struct campaign_child){
        .kind = kind, .step = campaign->exchange.counter - 1, .parameter = parameter};
    describe(child->command, sizeof child->command, campaign->cards->cards[card].name, command);
    buffer_init(&child->told, &host_memory);
    child->process = fork_child(campaign, &child->pipe);
    if (child->process == 0) {
        mutant_begin(campaign, kind, parameter);
        return true;
    }
    campaign->failed |= child->process < 0;
    campaign->running += child->process > 0;
    return false;
}

/// The index-th of count choices among so many variants, spread evenly and not the same at each
/// step.
static size_t spread(size_t variants, size_t count, size_t index, size_t step) {
    size_t width = variants / count;
    return index * variants / count + (step * 7 + index * 3) % width;
}

/// True in the child.
static bool branch_all(struct campaign *campaign, enum mutation_kind kind, size_t card,
                       struct bytes command) {
    const struct campaign_options *options = campaign->options;
    size_t variants = mutation_variants(kind, command.size, campaign->scout.next_size > 0,
                                        campaign->scout.writes);
    size_t count = variants, step = campaign->exchange.counter - 1;
    if (options->only == kind)
        return options->only_parameter < variants &&
               branch(campaign, kind, options->only_parameter, card, command);
    bool many = kind == MUTATION_TRUNCATE || kind == MUTATION_FLIP;
    if (many && options->per_command > 0 && options->per_command < count)
        count = options->per_command;
    campaign->steps_of[kind] += count > 0;
    for (size_t i = 0; i < count && !campaign->failed; i++) {
        size_t parameter = count < variants ? spread(variants, count, i, step) : i;
        if (branch(campaign, kind, parameter, card, command))
            return true;
    }
    return false;
}

static bool is_wanted(const struct campaign *campaign, enum mutation_kind kind) {
    const struct campaign_options *options = campaign->options;
    if (options->only != MUTATION_NONE)
        return kind == options->only && campaign->exchange.counter - 1 == options->only_step;
    return (options->kinds >> kind & 1) != 0;
}

static void before(void *context, size_t card, struct bytes command) {
    struct campaign *campaign = context;
    if (campaign->role == CAMPAIGN_SCOUT)
        scout_end(campaign, card, command);
    campaign->steps = campaign->exchange.counter;
    if (campaign->failed)
        return;
    bool ahead = is_wanted(campaign, MUTATION_SWAP) || is_wanted(campaign, MUTATION_TEAR);
    if (ahead && scout_ahead(campaign, card))
        return;
    for (unsigned kind = MUTATION_DROP; kind < MUTATION_KINDS && !campaign->failed; kind++)
        if (is_wanted(campaign, (enum mutation_kind)kind) &&
            branch_all(campaign, (enum mutation_kind)kind, card, command))
            return;
}

static void after(void *context, size_t card) {
    struct campaign *campaign = context;
    if (campaign->role == CAMPAIGN_SCOUT)
        scout_after(campaign, card);
}

/// Every child comes back from here as well, and goes no further.
static bool run_trunk(struct campaign *campaign) {
    campaign->exchange.before = before;
    campaign->exchange.after = after;
    enum script_outcome outcome = body_run(campaign, NULL);
    if (campaign->role == CAMPAIGN_SCOUT)
        scout_end(campaign, 0, bytes_of(NULL, 0));
    if (campaign->role == CAMPAIGN_MUTANT)
        mutant_end(campaign, outcome);
    reap(campaign, 0);
    if (campaign->failed && !campaign->unsteady)
        fprintf(campaign->err, "processes cannot be started: %s\n", strerror(errno));
    return !campaign->failed && outcome == OUTCOME_PASSED;
}

// ---- the whole campaign ----------------------------------------------------------------------

static enum campaign_end run_clean(struct campaign *campaign) {
    struct campaign_child child = {.process = 0};
    buffer_init(&child.told, &host_memory);
    child.process = fork_child(campaign, &child.pipe);
    if (child.process == 0)
        clean_run(campaign);
    struct campaign_verdict verdict = {.outcome = OUTCOME_ERROR};
    if (child.process > 0) {
        while (receive(&child))
            continue;
        bury(&child);
        if (child.told.size >= sizeof verdict)
            memcpy(&verdict, child.told.data, sizeof verdict);
    }
    if (verdict.text_size > 0)
        fwrite(child.told.data + sizeof verdict, 1, verdict.text_size, campaign->err);
    buffer_free(&child.told);
    if (is_unsteady(campaign, &child) || verdict.outcome != OUTCOME_PASSED)
        return CAMPAIGN_UNUSABLE;
    return verdict.held ? CAMPAIGN_HELD : CAMPAIGN_VIOLATED;
}

static bool prepare(struct campaign *campaign) {
    campaign->memo.memory = campaign->rules_memo.memory = campaign->ports->memory;
    campaign->exchange.power = campaign->cards->power;
    campaign->exchange.context = campaign;
    buffer_init(&campaign->log, campaign->ports->memory);
    buffer_init(&campaign->failure, campaign->ports->memory);
    buffer_init(&campaign->fault, campaign->ports->memory);
    for (size_t i = 0; i < campaign->cards->count; i++)
        campaign->wrapped[i] = mutated_link_init(&campaign->links[i], &campaign->cards->cards[i], i,
                                                 &campaign->exchange);
    bool ok = setup_run(campaign, campaign->rules, &campaign->rules_memo);
    campaign->exchange.log = &campaign->log;
    if (campaign->program != campaign->rules)
        ok = ok && setup_run(campaign, campaign->program, &campaign->memo);
    campaign->exchange.counter = 0;
    if (!ok)
        fprintf(campaign->err, "%s", buffer_string(&campaign->failure));
    return ok;
}

enum campaign_end campaign_run(struct campaign *campaign) {
    if (!prepare(campaign))
        return CAMPAIGN_UNUSABLE;
    enum campaign_end end = run_clean(campaign);
    if (end != CAMPAIGN_HELD)
        return end;
    if (campaign->options->kinds != 0 && !run_trunk(campaign))
        return CAMPAIGN_UNUSABLE;
    return campaign->violations == 0 ? CAMPAIGN_HELD : CAMPAIGN_VIOLATED;
}

void campaign_print(const struct campaign *campaign) {
    for (unsigned kind = MUTATION_DROP; kind < MUTATION_KINDS; kind++)
        if ((campaign->options->kinds >> kind & 1) != 0)
            fprintf(campaign->out, "mutate: %s\t%zu mistakes at %zu of %zu commands\n",
                    mutation_word((enum mutation_kind)kind), campaign->mistakes_of[kind],
                    campaign->steps_of[kind], campaign->steps);
    fprintf(campaign->out, "mutate: states compared after %zu cuts\n", campaign->compared);
    fprintf(campaign->out, "mutate: %zu mistakes, %zu violations\n", campaign->mistakes,
            campaign->violations);
}

void campaign_free(struct campaign *campaign) {
    memo_free(&campaign->memo);
    memo_free(&campaign->rules_memo);
    buffer_free(&campaign->log);
    buffer_free(&campaign->failure);
    buffer_free(&campaign->fault);
}
