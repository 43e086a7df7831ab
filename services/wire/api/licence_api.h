// SPDX-License-Identifier: Apache-2.0
// The licence service as its clients see it: keys of contents come in, offers are made of them,
// tickets go out, and what is paid is settled (docs/licence.md).
#ifndef SERVICES_WIRE_API_LICENCE_API_H
#define SERVICES_WIRE_API_LICENCE_API_H

#include "services/wire/form/endpoint.h"

enum { LICENCE_INSTANCE_SIZE = 16 }; // hexadecimal digits of a sale's instance

extern const struct api licence_api;
extern const struct endpoint licence_recipient, licence_key, licence_right, licence_offers,
    licence_offer;
extern const struct endpoint licence_sale, licence_sale_read, licence_activation,
    licence_settlement, licence_order, licence_payment, licence_cancellation, licence_conversion;

extern const struct problem_word licence_key_taken, licence_bad_key, licence_unmatched,
    licence_number_taken, licence_unknown_offer, licence_charge, licence_receipt,
    licence_receipt_used, licence_reception, licence_unsettled, licence_no_match, licence_converter;

#endif
