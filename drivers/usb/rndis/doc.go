// Package rndis drives network cards that speak Remote NDIS (Microsoft, [MS-RNDIS] 5.0): telephones, gadgets, and QEMU's usb-net.
//
// Messages go by requests of CDC (SEND_ENCAPSULATED_COMMAND and GET_ENCAPSULATED_RESPONSE), frames in messages of their own by the
// bulk pipes. Package ether makes the card.
package rndis
