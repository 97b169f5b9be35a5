import type { Machine } from '../../packages/core/src/platform/machine/index.ts'
import { code, type GeneratedPage, page, table } from './markdown.ts'
import { coreFilesWith, exportsOf } from './sources.ts'

function isMachine(value: unknown): value is Machine {
  return typeof value === 'object' && value !== null && 'initial' in value && 'states' in value
}

type Arrow = readonly [from: string, event: string, to: string]

function arrowsOf(machine: Machine): Arrow[] {
  return Object.entries(machine.states).flatMap(([from, events]) =>
    Object.entries(events).map(([event, to]): Arrow => [from, event, String(to)]),
  )
}

function diagram(machine: Machine): string {
  const ends = Object.entries(machine.states).filter(([, events]) => Object.keys(events).length === 0)
  const lines = [
    `[*] --> ${machine.initial}`,
    ...arrowsOf(machine).map(([from, event, to]) => `${from} --> ${to}: ${event}`),
    ...ends.map(([state]) => `${state} --> [*]`),
  ]
  return ['```mermaid', 'stateDiagram-v2', ...lines.map((line) => `  ${line}`), '```'].join('\n')
}

function section({ machine, doc }: { machine: Machine; doc: string }): string {
  const rows = Object.entries(machine.states).map(([state, events]) => {
    const steps = Object.entries(events).map(([event, to]) => `${code(event)} → ${code(String(to))}`)
    return [code(state), steps.length === 0 ? 'the end' : steps.join(', ')]
  })
  return [`## ${machine.name}`, doc, table(['State', 'What may follow'], rows), diagram(machine)].join('\n\n')
}

async function render(): Promise<string> {
  const found: { machine: Machine; doc: string }[] = []
  for (const path of coreFilesWith('defineMachine')) {
    for (const { value, doc } of await exportsOf(path))
      if (isMachine(value)) found.push({ machine: value, doc })
  }
  if (found.length === 0) throw new Error('No machine was found.')
  found.sort((left, right) => left.machine.name.localeCompare(right.machine.name))
  return page(
    'States',
    'Every lifecycle is a table. What the table does not allow is refused with `illegal_transition`, and the database checks the states as well.',
    ...found.map(section),
  )
}

/** Every lifecycle, as a table and as a diagram. */
export const states: GeneratedPage = { path: 'docs/reference/states.md', render }
