/**
 * CRC-16/CCITT-FALSE over the UTF-8 bytes of a text, as four upper-case hex digits: polynomial 0x1021, start 0xFFFF,
 * nothing reflected, no final xor (EMV QR Code Specification, Merchant-Presented Mode 1.1).
 */
export function crc16(text: string): string {
  let crc = 0xffff
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
      crc &= 0xffff
    }
  }
  return crc.toString(16).toUpperCase().padStart(4, '0')
}
