const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** 35 bytes in base 32: one of version, 32 of hash, two of checksum. SEP-23. */
const FORM = /^C[A-Z2-7]{55}$/
const VERSION = 2 << 3
const SIZE = 35

function decode(text: string): Buffer {
  const bytes = Buffer.alloc(SIZE)
  let held = 0
  let bits = 0
  let place = 0
  for (const letter of text) {
    held = (held << 5) | ALPHABET.indexOf(letter)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[place] = (held >> bits) & 0xff
    held &= (1 << bits) - 1
    place += 1
  }
  return bytes
}

/** CRC-16/XMODEM, as SEP-23 has it. */
function checksum(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}

/** True for a contract's address, `C…` with a right checksum: a node answers a wrong one with an error, or with nothing. */
export function isContractId(text: string): boolean {
  if (!FORM.test(text)) return false
  const bytes = decode(text)
  return bytes[0] === VERSION && bytes.readUInt16LE(SIZE - 2) === checksum(bytes.subarray(0, SIZE - 2))
}
