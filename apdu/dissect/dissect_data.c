// SPDX-License-Identifier: Apache-2.0
// Data fields: BER-TLV by name, certificates, signed objects. What is not TLV is shown as octets
// and, where it is printable, as text.
#include "apdu/command/catalogue.h"
#include "apdu/command/purse.h"
#include "apdu/dissect/dissect.h"
#include "apdu/object/certificate.h"
#include "apdu/object/object.h"
#include "apdu/octets/unit.h"

#include <string.h>

enum { VALUE_SHOWN_MAX = 40, DEPTH_MAX = 12 };

// ---- names -----------------------------------------------------------------------------------

/// ISO/IEC 7816-4, -6, -8.
static const struct catalogue_tag interindustry[] = {
    {0x4F, "application identifier"},
    {0x50, "application label"},
    {0x53, "discretionary data"},
    {0x5A, "account number"},
    {0x5F37, "signature"},
    {0x61, "application template"},
    {0x62, "file control parameters"},
    {0x64, "file management data"},
    {0x66, "card data"},
    {0x6F, "file control information"},
    {0x70, "record template"},
    {0x73, "discretionary template"},
    {0x7C, "dynamic authentication template"},
    {0x7F21, "certificate"},
    {0x7F4E, "certificate body"},
    {0x7F49, "public key"},
    {0x84, "application identifier"},
    {0xA5, "proprietary"},
};

/// GlobalPlatform Card Specification 2.3, appendix H and 11.4.
static const struct catalogue_tag domain[] = {
    {0x9F7F, "card production life cycle"},
    {0xC5, "state or privileges"},
    {0xE0, "key information"},
};

static const struct catalogue_tag own_templates[] = {
    {0xE1, "signed body"},
    {OBJECT_SIGNATURE_TAG, "signature"},
};

static const struct field_spec *find_field(tlv_tag tag) {
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (field_specs[i].tag == tag)
            return &field_specs[i];
    return NULL;
}

static const char *find_name(const struct catalogue_tag *names, size_t count, tlv_tag tag) {
    for (size_t i = 0; i < count; i++)
        if (names[i].tag == tag)
            return names[i].name;
    return NULL;
}

/// Is it an application of this house alone, whose tags nobody else defines?
static bool is_ours(const struct dissector *dissector) {
    const struct application *application = catalogue_application(dissector->applet);
    return application != NULL && application->complete;
}

#define FIND(names, tag) find_name(names, sizeof(names) / sizeof((names)[0]), tag)

/// Field words hold inside what Tessera's own applications say (own); elsewhere tags 80.. mean
/// anything, and what has no interindustry name has none.
static const char *name_of(const struct dissector *dissector, tlv_tag tag, bool own) {
    const struct field_spec *field = own ? find_field(tag) : NULL;
    const char *name = field != NULL ? field->word : NULL;
    const struct application *application = own_application(dissector->own, dissector->applet);
    if (application == NULL)
        application = catalogue_application(dissector->applet);
    if (name == NULL && application != NULL)
        name = find_name(application->tags, application->tag_count, tag);
    if (name == NULL && is_ours(dissector))
        name = FIND(own_templates, tag);
    if (name == NULL && strcmp(dissector->applet, "isd") == 0)
        name = FIND(domain, tag);
    if (name == NULL)
        name = FIND(interindustry, tag);
    return name != NULL ? name : "";
}

static void put_tag(struct dissect_out *out, tlv_tag tag, const char *name) {
    uint8_t octets[4];
    size_t size = bytes_be_size(tag);
    bytes_put_be(octets, size, tag);
    buffer_format(&out->text, "%H ", bytes_of(octets, size));
    style_text(out, STYLE_FIELD, name);
    buffer_text(&out->text, name[0] != 0 ? " " : "");
}

// ---- values ----------------------------------------------------------------------------------

static bool is_printable(struct bytes value) {
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7E)
            return false;
    return value.size > 0;
}

static void put_octets(struct dissect_out *out, struct bytes value) {
    style_hex(out, STYLE_PLAIN, value, VALUE_SHOWN_MAX);
    if (value.size >= 2 && is_printable(value)) {
        buffer_text(&out->text, " \"");
        style_span(out, STYLE_PLAIN, value);
        buffer_text(&out->text, "\"");
    }
}

static void put_field_value(struct dissect_out *out, const struct field_spec *field,
                            struct bytes value) {
    char unit[UNIT_NAME_MAX];
    bool fits = value.size >= field->min && value.size <= field->max;
    if (fits && field->kind == KIND_UINT)
        buffer_format(&out->text, "%l", bytes_get_be(value.data, value.size));
    else if (fits && field->kind == KIND_ID && is_printable(value))
        style_span(out, STYLE_PLAIN, value);
    else if (fits && field->kind == KIND_UNIT)
        style_text(out, STYLE_PLAIN, unit_name((uint16_t)bytes_get_be(value.data, 2), unit));
    else if (fits && field->kind == KIND_DATE)
        buffer_format(&out->text, "%H-%H-%H", bytes_of(value.data, 2), bytes_of(value.data + 2, 1),
                      bytes_of(value.data + 3, 1));
    else
        put_octets(out, value);
}

// ---- certificates ----------------------------------------------------------------------------

static const struct dissect_known *find_known(const struct dissector *dissector,
                                              struct bytes holder) {
    size_t count =
        dissector->known_count < DISSECT_KNOWN_MAX ? dissector->known_count : DISSECT_KNOWN_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct dissect_known *known = &dissector->known[i];
        if (bytes_equal(holder, bytes_of(known->holder, known->holder_size)))
            return known;
    }
    return NULL;
}

static void learn(struct dissector *dissector, const struct certificate *certificate) {
    size_t count = dissector->known_count;
    struct dissect_known *slot = &dissector->known[count % DISSECT_KNOWN_MAX];
    for (size_t i = 0; i < count && i < DISSECT_KNOWN_MAX; i++)
        if (bytes_equal(certificate->holder,
                        bytes_of(dissector->known[i].holder, dissector->known[i].holder_size)))
            slot = &dissector->known[i];
    if (slot == &dissector->known[count % DISSECT_KNOWN_MAX])
        dissector->known_count++;
    slot->holder_size = (uint8_t)certificate->holder.size;
    memcpy(slot->holder, certificate->holder.data, certificate->holder.size);
    memcpy(slot->point, certificate->signing_point, P256_COMPRESSED_SIZE);
}

void dissector_learn(struct dissector *dissector, struct bytes whole) {
    struct certificate certificate;
    if (certificate_parse(whole, &certificate) == CERTIFICATE_OK)
        learn(dissector, &certificate);
}

static void put_verdict(struct dissector *dissector, struct bytes maker, bool known, bool good) {
    struct dissect_out *out = &dissector->out;
    enum style style = !known ? STYLE_DOUBT : good ? STYLE_GOOD : STYLE_BAD;
    style_begin(out, style);
    buffer_format(&out->text,
                  !known ? ", signature not checked: no certificate of %t seen"
                  : good ? ", signature of %t verified"
                         : ", SIGNATURE OF %t IS WRONG",
                  maker);
    style_end(out, style);
}

static void put_roles(struct dissect_out *out, uint16_t roles) {
    for (unsigned bit = 0; bit < 16; bit++)
        if ((roles >> bit & 1) != 0)
            buffer_format(&out->text, " %s", role_name((uint16_t)(1u << bit)));
}

static bool put_certificate(struct dissector *dissector, struct bytes whole, unsigned depth) {
    struct certificate certificate;
    struct dissect_out *out = &dissector->out;
    if (certificate_parse(whole, &certificate) != CERTIFICATE_OK)
        return false;
    style_indent(out, depth);
    put_tag(out, 0x7F21, "certificate");
    buffer_text(&out->text, "of ");
    style_span(out, STYLE_NAME, certificate.holder);
    buffer_text(&out->text, " by ");
    style_span(out, STYLE_PLAIN, certificate.issuer);
    const struct dissect_known *issuer = find_known(dissector, certificate.issuer);
    bool checked = issuer != NULL && dissector->crypto != NULL;
    put_verdict(dissector, certificate.issuer, checked,
                checked &&
                    dissector->crypto->ops->ecdsa_verify(dissector->crypto, issuer->point,
                                                         certificate.body, certificate.signature));
    buffer_text(&out->text, "\n");
    style_indent(out, depth + 1);
    buffer_text(&out->text, "roles");
    put_roles(out, certificate.roles);
    buffer_format(&out->text, ", %s, valid %u to %u\n",
                  certificate.assurance == ASSURANCE_HARDWARE ? "hardware" : "emulated",
                  certificate.from, certificate.until);
    learn(dissector, &certificate);
    return true;
}

// ---- signed objects --------------------------------------------------------------------------

/// Which field names the maker of an object.
static enum field maker_field(enum object_type type) {
    switch (type) {
    case OBJECT_USAGE_LOG:
        return FIELD_PAYER;
    case OBJECT_STATEMENT:
        return FIELD_PURSE;
    case OBJECT_CERTIFICATE_REQUEST:
        return FIELD_HOLDER;
    case OBJECT_PAYMENT_REQUEST:
    case OBJECT_RECEIVE_LOG:
    case OBJECT_VOID:
    case OBJECT_BATCH:
        return FIELD_PAYEE;
    default:
        return FIELD_CENTER;
    }
}

static const uint8_t *key_for(struct dissector *dissector, const struct object *object,
                              struct bytes maker) {
    if (object->type == OBJECT_CERTIFICATE_REQUEST && object_has(object, FIELD_SIGNING_KEY))
        return object->fields[FIELD_SIGNING_KEY].data;
    const struct dissect_known *known = find_known(dissector, maker);
    return known != NULL ? known->point : NULL;
}

/// Octets taken from the front of data; 0 when no signed object stands there.
static size_t put_object(struct dissector *dissector, struct bytes data, unsigned depth) {
    struct object object;
    struct dissect_out *out = &dissector->out;
    if (!object_decode(data, &object))
        return 0;
    const struct object_schema *schema = object_schema(object.type);
    struct bytes maker = object.fields[maker_field(object.type)];
    const uint8_t *key = dissector->crypto != NULL ? key_for(dissector, &object, maker) : NULL;
    style_indent(out, depth);
    style_text(out, STYLE_NAME, schema != NULL ? schema->word : "object");
    put_verdict(dissector, maker, key != NULL,
                key != NULL && object_verify(&object, dissector->crypto, key));
    buffer_text(&out->text, "\n");
    for (size_t i = FIELD_TYPE + 1; i < FIELD_COUNT; i++) {
        if (object.fields[i].data == NULL)
            continue;
        style_indent(out, depth + 1);
        put_tag(out, field_specs[i].tag, field_specs[i].word);
        put_field_value(out, &field_specs[i], object.fields[i]);
        buffer_text(&out->text, "\n");
    }
    return object.whole.size;
}

// ---- data objects ----------------------------------------------------------------------------

static bool is_tlv(struct bytes data) {
    struct tlv object;
    if (data.size < 2)
        return false;
    while (data.size > 0)
        if (data.data[0] == 0 || !tlv_next(&data, &object))
            return false;
    return true;
}

static void put_tlvs(struct dissector *dissector, struct bytes data, unsigned depth, bool own);

static void put_tlv(struct dissector *dissector, const struct tlv *object, unsigned depth,
                    bool own) {
    struct dissect_out *out = &dissector->out;
    const struct field_spec *field = own ? find_field(object->tag) : NULL;
    if (object->tag == 0x7F21 && put_certificate(dissector, object->whole, depth))
        return;
    style_indent(out, depth);
    put_tag(out, object->tag, name_of(dissector, object->tag, own));
    bool inner = tlv_is_constructed(object->tag) && depth < DEPTH_MAX && is_tlv(object->value);
    if (inner) {
        buffer_format(&out->text, "(%z)\n", object->value.size);
        bool proprietary = is_ours(dissector) && object->tag == PURSE_TAG_PROPRIETARY;
        put_tlvs(dissector, object->value, depth + 1, own || proprietary);
        return;
    }
    if (field != NULL)
        put_field_value(out, field, object->value);
    else
        put_octets(out, object->value);
    buffer_text(&out->text, "\n");
}

static void put_tlvs(struct dissector *dissector, struct bytes data, unsigned depth, bool own) {
    struct tlv object;
    while (data.size > 0) {
        size_t taken = put_object(dissector, data, depth);
        if (taken > 0) {
            data = bytes_of(data.data + taken, data.size - taken);
            continue;
        }
        if (!tlv_next(&data, &object))
            return;
        put_tlv(dissector, &object, depth, own);
    }
}

void dissect_data(struct dissector *dissector, struct bytes data, unsigned depth) {
    struct dissect_out *out = &dissector->out;
    struct tlv first;
    struct bytes rest = data;
    if (is_tlv(data) && tlv_next(&rest, &first)) {
        // a command's own fields have no template around them
        bool own =
            is_ours(dissector) && !tlv_is_constructed(first.tag) && find_field(first.tag) != NULL;
        put_tlvs(dissector, data, depth, own);
        return;
    }
    style_indent(out, depth);
    put_octets(out, data);
    buffer_text(&out->text, "\n");
}
