/** The code to copy of a location. Written apart from the project's own builder, because the fake judges it. */

function field(id: string, value: string): string {
  return `${id}${String(value.length).padStart(2, '0')}${value}`
}

/** CRC-16 of the standard: polynomial 0x1021, starting at 0xFFFF. */
function checksum(text: string): string {
  let value = 0xffff
  for (const byte of Buffer.from(text)) {
    value ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) value = ((value << 1) ^ (value & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return value.toString(16).toUpperCase().padStart(4, '0')
}

/** A dynamic BR Code for a location, or one of a recurrence where only that is given. */
export function brCodeOf(url: string | null, recurrenceUrl?: string): string {
  const gui = field('00', 'br.gov.bcb.pix')
  const fields = [
    field('00', '01'),
    field('26', url === null ? gui : gui + field('25', url)),
    field('52', '0000'),
    field('53', '986'),
    field('58', 'BR'),
    field('59', 'Loja de Teste SA'),
    field('60', 'Ouro Preto'),
    field('62', field('05', '***')),
    ...(recurrenceUrl === undefined ? [] : [field('80', gui + field('25', recurrenceUrl))]),
  ].join('')
  return `${fields}6304${checksum(`${fields}6304`)}`
}
