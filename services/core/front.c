// SPDX-License-Identifier: Apache-2.0
#include "services/core/front.h"

enum { TIME_MAX_MS = 15000 };

bool service_admit(const struct service_context *context, struct exchange *exchange,
                   struct admission *admission) {
    struct problem problem;
    const struct endpoint *row = call_find(context->service, exchange, &problem);
    if (row == NULL || !call_admit(row, &exchange->request.peer, &problem)) {
        answer_problem(exchange, &problem);
        return false;
    }
    admission->body_max = row->body_max;
    admission->time_max_ms = row->time_max_ms != 0 ? row->time_max_ms : TIME_MAX_MS;
    admission->direct = row->direct;
    return true;
}

static bool front_admit(const struct listener *listener, struct exchange *exchange,
                        struct admission *admission) {
    const struct service_front *front = listener->context;
    return service_admit(front->context, exchange, admission);
}

static void front_take(const struct listener *listener, struct exchange *exchange) {
    const struct service_front *front = listener->context;
    call_run(front->context, front->crypto, exchange);
    exchange->finish(exchange);
}

void service_front_init(struct service_front *front, const struct service_context *context,
                        const struct crypto *crypto) {
    *front = (struct service_front){
        .listener = {front_admit, front_take, front}, .context = context, .crypto = crypto};
}
