# Any card with a PIV application: keys drawn on the card, certificates of the authority, a PIN
# and a PUK of its own. As most cards come: the published management key, PIN and PUK.
name piv
card piv
identity p256
pin yes
management-key published
management-algorithm 3des
initial-pin 123456
initial-puk 12345678
