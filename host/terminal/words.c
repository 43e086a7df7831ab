// SPDX-License-Identifier: Apache-2.0
#include "host/terminal/words.h"

#include <string.h>

static const struct word words[] = {
    // ---- what is done
    {"choose", {"Choose", "お選びください"}},
    {"total", {"Total", "合計"}},
    {"pay", {"Pay", "支払う"}},
    {"cancel", {"Cancel", "取り消す"}},
    {"balance", {"Balance", "残高照会"}},
    {"done", {"OK", "確認"}},
    {"goods", {"Goods", "商品"}},
    {"service", {"Services", "サービス"}},
    {"ticket", {"Tickets", "チケット"}},
    {"amount", {"Amount", "金額"}},
    {"receipt", {"Receipt", "領収書"}},
    {"payer", {"Paid by", "お支払い"}},
    {"payee", {"Paid to", "お受け取り"}},
    {"number", {"Number", "番号"}},
    {"reference", {"Reference", "取引番号"}},
    {"time", {"Time", "日時"}},
    {"language", {"日本語", "English"}},
    {"more", {"One more", "増やす"}},
    {"fewer", {"One fewer", "減らす"}},
    // ---- states
    {"tap-card", {"Hold your card or phone to the reader", "カードか携帯をかざしてください"}},
    {"tap-balance",
     {"Hold your card or phone to the reader to see its balance",
      "残高を見るにはカードか携帯をかざしてください"}},
    {"hold-still", {"Keep it there", "そのままお待ちください"}},
    {"paid", {"Paid. Thank you", "お支払いが完了しました。ありがとうございます"}},
    {"paid-ticket",
     {"Paid, and your ticket is on the card", "お支払いが完了し、チケットをカードに入れました"}},
    {"paid-fetch",
     {"Paid. Your ticket waits: fetch it by its order number",
      "お支払いが完了しました。チケットは注文番号で受け取れます"}},
    {"ticket-order", {"Order number", "注文番号"}},
    {"not-sold", {"This ticket is not sold now", "このチケットは現在販売していません"}},
    {"same-card",
     {"Hold the card there that you began with", "はじめにかざしたカードをかざしてください"}},
    {"refunded", {"Paid back", "返金しました"}},
    {"cancelled", {"Cancelled. Nothing was paid", "取り消しました。お支払いはありません"}},
    {"your-balance", {"On this card", "カードの残高"}},
    {"balance-private", {"This card keeps its balance to itself", "残高は非公開です"}},
    {"tap-again",
     {"It was taken away too early. Hold the same card there again; you pay once only",
      "早く離れました。同じカードをもう一度かざしてください。二重払いにはなりません"}},
    {"slow-card",
     {"This card answers too slowly. Hold it there again; you pay once only",
      "カードの応答が遅すぎます。もう一度かざしてください。二重払いにはなりません"}},
    {"unfinished",
     {"The last payment was not finished. Hold the same card there again, or cancel",
      "前のお支払いが終わっていません。同じカードをかざすか、取り消してください"}},
    {"no-card", {"No card was held to the reader", "カードがかざされませんでした"}},
    {"call-staff", {"Please call the staff", "係員をお呼びください"}},
    {"out-of-order", {"Out of order. Nothing was paid", "故障中です。お支払いはありません"}},
    {"prices-changed",
     {"The prices have just changed. Please choose again",
      "価格が変わりました。もう一度お選びください"}},
    {"no-connection", {"This screen is not connected", "画面が接続されていません"}},
    // ---- deposits
    {"choose-deposit", {"Put money on your card or phone", "カードや携帯に入金できます"}},
    {"deposit", {"Deposit", "入金する"}},
    {"choose-amount", {"How much do you want to deposit?", "入金額をお選びください"}},
    {"put-cash", {"Put in notes and coins", "紙幣や硬貨を入れてください"}},
    {"enough", {"That is all", "投入を終える"}},
    {"put-in", {"Put in", "投入金額"}},
    {"given-back", {"Given back", "返却金額"}},
    {"before", {"Before", "入金前の残高"}},
    {"after", {"Now", "入金後の残高"}},
    {"tap-load",
     {"Hold the same card or phone to the reader again",
      "同じカードか携帯をもう一度かざしてください"}},
    {"deposited", {"The money is on it. Thank you", "入金が完了しました。ありがとうございます"}},
    {"wrong-amount",
     {"That was another amount. The cash is given back, and nothing was deposited",
      "金額が違うため、現金をお返しします。入金はされていません"}},
    {"cancelled-cash",
     {"Cancelled. Cash that was put in is given back",
      "取り消しました。投入された現金をお返しします"}},
    {"unfinished-deposit",
     {"The last deposit was not finished. Hold the same card there again",
      "前の入金が終わっていません。同じカードをもう一度かざしてください"}},
    {"other-card",
     {"This is another card. Hold the one there whose balance was shown",
      "別のカードです。残高を表示したカードをかざしてください"}},
    {"take-goods", {"Paid. Please take it", "お支払いが完了しました。商品をお取りください"}},
    {"operator", {"Operated by", "運営"}},
    {"bill-waits",
     {"Waiting for the telephone company. Keep the phone there",
      "電話会社の承認を待っています。携帯をかざしたままお待ちください"}},
    {"bill-later",
     {"Not decided yet. Choose the same again and hold this phone there: you pay once only",
      "まだ承認されていません。同じ商品を選んで、同じ携帯をかざしてください。"
      "二重払いにはなりません"}},
    {"bill-refused",
     {"The telephone company did not accept it. Nothing was paid",
      "電話会社の承認が得られませんでした。お支払いはありません"}},
    // ---- for whoever runs the machine
    {"note-till-full",
     {"sales since the last close: the till takes 1024, close its day",
      "件の取引が未締めです。1024件で満杯になります。締めてください"}},
    {"note-certificate",
     {"days until the till's certificate ends: renew it",
      "日でSAMの証明書が切れます。更新してください"}},
    {"note-hotlist",
     {"days since the hotlist was made: fetch the present one",
      "日前の失効リストです。新しいものを取得してください"}},
    {"note-foreign-hotlist",
     {"hotlist is of another center than the till's: fetch its own, nobody can pay until then",
      "件の失効リストが別のセンターのものです。正しいリストを取得してください"}},
    {"note-no-hotlist",
     {"hotlists are asked: start the kiosk with --hotlist",
      "件の失効リストを使用中です。--hotlist を付けてください"}},
    // ---- refusals
    {"two-cards",
     {"There are two cards. Hold one only", "カードが2枚あります。1枚だけかざしてください"}},
    {"foreign-card", {"This is no card that can pay here", "このカードはご利用になれません"}},
    {"busy-card", {"Another program uses this card", "このカードは使用中です"}},
    {"other-issuer", {"This card is of another issuer", "ほかの発行者のカードです"}},
    {"other-enterprise",
     {"This card may not pay at this shop", "このお店ではご利用になれないカードです"}},
    {"blocked", {"This card is blocked", "このカードはロックされています"}},
    {"hotlisted",
     {"This card was reported lost or stolen", "紛失または盗難の届けが出ているカードです"}},
    {"declined", {"The phone's owner said no", "お客様が支払いを取りやめました"}},
    {"expired", {"This card has expired", "有効期限が切れています"}},
    {"insufficient", {"There is not enough on this card", "残高が足りません"}},
    {"limit", {"This is above a limit of the card", "カードの限度額を超えています"}},
    {"pin-required",
     {"This amount needs the PIN. Pay over the counter",
      "暗証番号が必要な金額です。窓口でお支払いください"}},
    {"card-full",
     {"This card has too many payments that were not finished. Finish one at the shop where it was",
      "終わっていないお支払いが多すぎます。その店でもう一度かざしてください"}},
    {"wrong-unit", {"This card holds no money of this kind", "この通貨は入っていないカードです"}},
    {"machine-full",
     {"This machine takes no more payments today", "本日のお取り扱いは終了しました"}},
    {"refund-done", {"This was paid back already", "返金済みです"}},
    {"batched",
     {"There is no such sale of this card here, or its day is closed and the centre pays it back",
      "このカードの取引がないか、締め済みです。締め済みはセンターで返金します"}},
    {"mismatch", {"This reference is of another sale", "別の取引の番号です"}},
    {"no-network",
     {"There is no network. Tickets are not sold now", "通信できません。チケットは販売できません"}},
    {"ticket-sold",
     {"This paid for a ticket, which is not taken back", "チケットのお支払いのため返金できません"}},
    {"no-refund",
     {"There is no network. Tickets are not paid back now",
      "通信できません。チケットは返金できません"}},
    {"refused", {"This card cannot pay this", "このカードではお支払いできません"}},
    // ---- a phone
    {"phone-ready", {"Phone", "携帯電話"}},
    {"phone-ask", {"Pay this?", "支払いますか"}},
    {"phone-hold", {"Hold the phone to the reader", "読み取り機にかざしてください"}},
    {"phone-paid", {"Paid", "支払いました"}},
    {"phone-done", {"Done", "完了しました"}},
    {"phone-failed", {"That did not work", "できませんでした"}},
    {"phone-buying", {"Buying the ticket", "チケットを購入しています"}},
    {"phone-giving", {"Handing the ticket over", "チケットを渡しています"}},
    {"phone-playing", {"Playing", "再生しています"}},
    {"pin-wrong", {"That is not the PIN", "暗証番号が違います"}},
    {"arm", {"Ready to pay", "かざして支払う"}},
    {"arm-limit", {"once, up to", "1回、上限"}},
    {"confirm", {"Yes, pay", "支払う"}},
    {"decline", {"No", "やめる"}},
    {"pin", {"PIN", "暗証番号"}},
    {"to", {"to", "お支払い先"}},
    {"taps", {"Last payments", "最近の利用"}},
    {"no-taps", {"None yet", "まだありません"}},
    {"on-bill", {"on the telephone bill", "電話料金と合算"}},
    {"my-tickets", {"My tickets", "マイチケット"}},
    {"no-tickets", {"No tickets", "チケットはありません"}},
    {"plays-left", {"plays left", "回再生できます"}},
    {"any-plays", {"any number of plays", "何回でも再生できます"}},
    {"sealed", {"not paid yet", "未払い"}},
    {"on-its-way", {"on its way", "移動中"}},
    {"give", {"Hand over", "渡す"}},
    {"play", {"Play", "再生"}},
    {"buy-ticket", {"Buy a ticket", "チケットを買う"}},
    {"ticket-number", {"Number", "チケット番号"}},
    {"charge", {"Charge", "料金"}},
    {"buy", {"Buy", "購入"}},
    // ---- a home server
    {"home-ready", {"Home", "ホーム"}},
    {"home-fetching", {"Fetching", "取得しています"}},
    {"home-tap", {"Hold the phone there", "携帯をかざしてください"}},
    {"home-copying", {"Writing to the memory card", "メモリーカードに書き込んでいます"}},
    {"home-changing", {"Changing the list of phones", "機器の一覧を変更しています"}},
    {"library", {"Films", "コンテンツ"}},
    {"no-films", {"Nothing is here yet", "まだありません"}},
    {"catalogue", {"Catalogue", "カタログ"}},
    {"no-more-films", {"Nothing else", "ほかにはありません"}},
    {"plays", {"plays", "回"}},
    {"content-id", {"Content", "コンテンツ番号"}},
    {"fetch", {"Fetch", "取得"}},
    {"play-from", {"Play with a phone's ticket", "携帯のチケットで再生"}},
    {"to-card", {"To the memory card", "メモリーカードへ"}},
    {"devices", {"Phones that may bring tickets", "許可した携帯"}},
    {"no-devices", {"None", "ありません"}},
    {"device-id", {"Phone", "携帯の番号"}},
    {"permit", {"Permit", "許可する"}},
    {"forbid", {"Remove", "取り消す"}},
};

enum { WORD_COUNT = sizeof words / sizeof words[0] };

const struct word *words_all(size_t *count) {
    *count = WORD_COUNT;
    return words;
}

const char *words_text(const char *key, enum language language) {
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (strcmp(words[i].key, key) == 0)
            return words[i].texts[language];
    return key;
}

json_t *words_to_json(void) {
    json_t *all = json_object();
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (json_object_set_new(all, words[i].key,
                                json_pack("{s:s, s:s}", "en", words[i].texts[LANGUAGE_ENGLISH],
                                          "ja", words[i].texts[LANGUAGE_JAPANESE])) != 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

// ---- from the two purses to a sentence ---------------------------------------------------------

/// What a refusal of the customer's card means, where its own word is no key.
static const struct {
    uint16_t sw;
    const char *key;
} refusals[] = {
    {SW_NOT_FOUND, "foreign-card"},
    {SW_FILE_INVALIDATED, "blocked"},
    {SW_INS_NOT_SUPPORTED, "foreign-card"},
    {SW_CLA_NOT_SUPPORTED, "foreign-card"},
    {SW_SECURITY_STATUS, "declined"},
    {SW_PIN_BLOCKED, "blocked"},
    {SW_CONDITIONS, "blocked"},
    {SW_LIFE_CYCLE, "blocked"},
    {SW_UNKNOWN_ISSUER, "other-issuer"},
    {SW_BAD_CERTIFICATE, "other-issuer"},
    {SW_BAD_SIGNATURE, "other-issuer"},
    {SW_WRONG_DOMAIN, "other-enterprise"},
    {SW_WRONG_ENTERPRISE, "other-enterprise"},
    {SW_WRONG_ROLE, "other-enterprise"},
    {SW_WRONG_PARTY, "other-enterprise"},
    {SW_RING_FULL, "card-full"},
    {SW_COUNTER_END, "card-full"},
};

static const char *refusal(uint16_t sw) {
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (refusals[i].sw == sw)
            return refusals[i].key;
    const char *reason = status_reason(sw);
    return words_text(reason, LANGUAGE_ENGLISH) != reason ? reason : "refused";
}

/// The machine's own purse can take no more of anybody.
static bool is_full(const struct flow *flow) {
    const struct purse_client *by = strcmp(flow->by, "payer") == 0 ? flow->payer : flow->payee;
    bool own = by != flow->customer && strcmp(flow->by, "hotlist") != 0;
    return own &&
           (flow->sw == SW_WINDOW_FULL || flow->sw == SW_BUDGET || flow->sw == SW_RING_FULL ||
            flow->sw == SW_COUNTER_END || flow->sw == SW_NO_SPACE);
}

const char *words_of_flow(const struct flow *flow) {
    switch (flow->status) {
    case FLOW_DONE:
        return "paid";
    case FLOW_REFUSED:
        if (flow->sw == SW_WRONG_CENTER && strcmp(flow->by, "hotlist") == 0)
            break; // the machine's list is none of its own center
        return is_full(flow) ? "machine-full" : refusal(flow->sw);
    case FLOW_ABSENT:
    case FLOW_OPEN:
        return "tap-again";
    case FLOW_LOCKED:
        return "busy-card";
    case FLOW_FAILED:
        break;
    }
    return "call-staff";
}

const char *words_of_absence(enum link_status why) {
    switch (why) {
    case LINK_TWO_CARDS:
        return "two-cards";
    case LINK_FOREIGN:
        return "foreign-card";
    case LINK_LOCKED:
        return "busy-card";
    case LINK_BROKEN:
        return "tap-again";
    default:
        return NULL;
    }
}
