// SPDX-License-Identifier: Apache-2.0
// Hotlists of a scene's center: the signed object, and the marks that follow it in parts.
#ifndef TESTS_KIT_HOTLISTS_H
#define TESTS_KIT_HOTLISTS_H

#include "apdu/object/marks.h"
#include "tests/kit/scene/scene.h"

enum { HOTLIST_ROOM = MARKS_OF_MACHINE + 1, HOTLIST_OBJECT_ROOM = 160 };

struct scene_hotlist {
    uint32_t version, date;
    uint16_t roles; // of the cards that it is for; 0: of all
    uint8_t marks[HOTLIST_ROOM * MARK_SIZE];
    size_t count;
};

/// An empty list of this version, as of this day, for all cards.
struct scene_hotlist *scene_hotlist(uint32_t version, uint32_t date);
void scene_list_certificate(struct scene_hotlist *list, const struct scene *scene,
                            struct bytes certificate);
void scene_list_holder(struct scene_hotlist *list, const struct scene *scene, const char *issuer,
                       const char *holder);
/// Marks up to so many that belong to nobody.
void scene_list_strangers(struct scene_hotlist *list, size_t count);

/// Puts the marks in order and signs what announces them.
struct bytes scene_hotlist_object(struct scene *scene, struct scene_hotlist *list,
                                  uint8_t out[HOTLIST_OBJECT_ROOM]);
struct bytes scene_hotlist_marks(const struct scene_hotlist *list);

/// Shows the center, sends object and parts; the first refusal, or 9000. Frees the list.
uint16_t scene_give_hotlist(struct scene_card *card, struct scene_hotlist *list);

#endif
