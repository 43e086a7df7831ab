// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/fleet/fleet.h"

#include "tests/kit/services/fleet/fleet_member.h"
#include "tests/kit/services/postgres.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 6, PAUSE_MS = 10, GIVE_UP_S = 120 };

struct fleet {
    struct fleet_plan *plan;
    struct fleet_nursery nursery;
    pthread_mutex_t lock; // what stands below
    pthread_cond_t wake;  // for the thread that began: a fall is due, or a client has ended
    pthread_cond_t fell;  // for clients: it has happened
    bool fall_due;
    unsigned ended;
    size_t next, answered;
    uint64_t chance;
    struct fleet_result result;
};

struct client {
    struct fleet *fleet;
    pthread_t thread;
    int sockets[FLEET_MEMBERS]; // -1: not connected
};

static uint64_t draw(struct fleet *fleet, uint64_t below) {
    fleet->chance = fleet->chance * 6364136223846793005u + 1442695040888963407u;
    return (fleet->chance >> 33) % below;
}

// ---- what goes wrong ---------------------------------------------------------------------------

/// Is it time for that one of the events, counted from 1, which come after every so many answers?
static bool is_time(const struct fleet *fleet, size_t event) {
    const struct fleet_plan *plan = fleet->plan;
    size_t all = plan->count * FLEET_MEMBERS, events = plan->kills + plan->crashes;
    return event <= events && fleet->answered >= event * all / (events + 1);
}

/// Something falls over when it is time; which of the two is next, and which member, is drawn.
/// Called with the lock held.
static void disturb(struct fleet *fleet) {
    struct fleet_plan *plan = fleet->plan;
    struct fleet_result *result = &fleet->result;
    size_t events = plan->kills + plan->crashes, happened = result->kills + result->crashes;
    if (fleet->fall_due || !is_time(fleet, happened + 1))
        return;
    bool crash = draw(fleet, events - happened) < plan->crashes - result->crashes;
    if (crash) {
        fleet->fall_due = true;
        pthread_cond_signal(&fleet->wake);
    } else {
        result->kills++;
        fleet_nursery_kill(&fleet->nursery, (unsigned)draw(fleet, FLEET_MEMBERS));
    }
}

// ---- clients -----------------------------------------------------------------------------------

static bool connects(struct client *client, unsigned member) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int *at = &client->sockets[member];
    if (*at >= 0)
        return true;
    memcpy(address.sun_path, client->fleet->nursery.places[member],
           sizeof client->fleet->nursery.places[member]);
    *at = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*at >= 0 && connect(*at, (struct sockaddr *)&address, sizeof address) == 0)
        return true;
    close(*at);
    *at = -1;
    return false;
}

/// One attempt. False: nobody knows what became of it.
static bool ask(struct client *client, unsigned member, uint32_t number,
                struct fleet_reply *reply) {
    if (!connects(client, member))
        return false;
    if (send(client->sockets[member], &number, sizeof number, MSG_NOSIGNAL) ==
            (ssize_t)sizeof number &&
        recv(client->sockets[member], reply, sizeof *reply, MSG_WAITALL) == (ssize_t)sizeof *reply)
        return true;
    close(client->sockets[member]);
    client->sockets[member] = -1;
    return false;
}

/// Is this a decision, not a "later"?
static bool is_final(const struct fleet_reply *reply) {
    return reply->status != 0 && reply->status < 500 && reply->status != 202 &&
           strstr(reply->body, "\"word\":\"conflict\"") == NULL &&
           strstr(reply->body, "\"word\":\"in-progress\"") == NULL;
}

static bool insist(struct client *client, unsigned member, uint32_t number,
                   struct fleet_reply *reply) {
    time_t end = time(NULL) + GIVE_UP_S;
    do {
        pthread_mutex_lock(&client->fleet->lock);
        client->fleet->result.asked++;
        pthread_mutex_unlock(&client->fleet->lock);
        if (ask(client, member, number, reply) && is_final(reply))
            return true;
        poll(NULL, 0, PAUSE_MS);
    } while (time(NULL) < end);
    return false;
}

/// One delivery of a message.
struct question {
    struct fleet_message *message;
    bool second; // under its second key
    bool known;  // what stands under its key had been acknowledged before it was asked
};

/// What was acknowledged. Called with the lock held.
static void record(struct fleet *fleet, const struct question *question,
                   const struct fleet_reply *reply) {
    struct fleet_message *message = question->message;
    fleet->answered++;
    if (reply->status != 200 && fleet->result.refused++ == 0)
        printf("\n    %s: %u %.300s", message->target, reply->status, reply->body);
    if (question->second)
        return;
    if (question->known && !reply->replayed)
        fleet->result.forgotten++;
    if (message->status == 0) {
        message->status = reply->status;
        memcpy(message->answer, reply->body, sizeof message->answer);
    } else if (message->status != reply->status || strcmp(message->answer, reply->body) != 0) {
        fleet->result.differing++;
    }
}

static void deliver(struct client *client, size_t number) {
    struct fleet *fleet = client->fleet;
    size_t at = number / FLEET_MEMBERS;
    unsigned member = number % FLEET_MEMBERS;
    struct question question = {.message = &fleet->plan->messages[at]};
    struct fleet_reply reply;
    question.second = member > 0 && question.message->again[0] != '\0';
    pthread_mutex_lock(&fleet->lock);
    question.known = question.message->status == 200;
    pthread_mutex_unlock(&fleet->lock);
    bool heard =
        insist(client, member, (uint32_t)at | (question.second ? FLEET_SECOND : 0), &reply);
    pthread_mutex_lock(&fleet->lock);
    if (heard)
        record(fleet, &question, &reply);
    else
        fleet->result.unanswered++;
    disturb(fleet);
    pthread_mutex_unlock(&fleet->lock);
}

/// Work goes on through a fall, but not so far that the next event is left behind. Called with the
/// lock held.
static void keep_pace(struct fleet *fleet) {
    while (fleet->fall_due && is_time(fleet, fleet->result.kills + fleet->result.crashes + 2))
        pthread_cond_wait(&fleet->fell, &fleet->lock);
}

static void *run_client(void *context) {
    struct client *client = context;
    struct fleet *fleet = client->fleet;
    for (;;) {
        pthread_mutex_lock(&fleet->lock);
        keep_pace(fleet);
        size_t delivery = fleet->next++;
        pthread_mutex_unlock(&fleet->lock);
        if (delivery >= fleet->plan->count * FLEET_MEMBERS)
            break;
        deliver(client, delivery);
    }
    for (unsigned i = 0; i < FLEET_MEMBERS; i++)
        if (client->sockets[i] >= 0)
            close(client->sockets[i]);
    pthread_mutex_lock(&fleet->lock);
    fleet->ended++;
    pthread_cond_signal(&fleet->wake);
    pthread_mutex_unlock(&fleet->lock);
    return NULL;
}

/// The database server ends with the thread that started it: this one, which outlives the clients.
static void watch(struct fleet *fleet, const struct shop *shop) {
    pthread_mutex_lock(&fleet->lock);
    while (fleet->ended < CLIENTS || fleet->fall_due) {
        if (!fleet->fall_due) {
            pthread_cond_wait(&fleet->wake, &fleet->lock);
            continue;
        }
        pthread_mutex_unlock(&fleet->lock);
        if (fleet->plan->before_fall != NULL)
            fleet->plan->before_fall(shop);
        postgres_crash();
        pthread_mutex_lock(&fleet->lock);
        fleet->result.crashes++;
        fleet->fall_due = false;
        disturb(fleet); // what became due meanwhile
        pthread_cond_broadcast(&fleet->fell);
    }
    pthread_mutex_unlock(&fleet->lock);
}

struct fleet_result fleet_run(struct shop *shop, struct fleet_plan *plan) {
    struct fleet fleet = {.plan = plan, .chance = plan->seed};
    struct client clients[CLIENTS];
    fleet_nursery_begin(&fleet.nursery, shop, plan);
    pthread_mutex_init(&fleet.lock, NULL);
    pthread_cond_init(&fleet.wake, NULL);
    pthread_cond_init(&fleet.fell, NULL);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.fleet = &fleet, .sockets = {-1, -1}};
        pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
    }
    watch(&fleet, shop);
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
    fleet_nursery_end(&fleet.nursery);
    pthread_mutex_destroy(&fleet.lock);
    shop_reopen(shop);
    return fleet.result;
}
