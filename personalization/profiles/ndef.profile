# Any NFC Forum Type 4 tag: a phone that touches it opens the page of the card.
name ndef
card type4
url https://example.org/card/{id}
read-only yes
