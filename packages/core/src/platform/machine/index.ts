import { LastroError } from '../errors/index.ts'

/** A lifecycle as a table: for each state, what may happen and where it leads. */
export interface Machine<S extends string = string, E extends string = string> {
  readonly name: string
  readonly initial: S
  readonly states: { readonly [K in S]: { readonly [F in E]?: S } }
}

type EventsOf<T> = { [S in keyof T]: keyof T[S] }[keyof T] & string

/** The states of a machine. */
export type StateOf<M> = M extends Machine<infer S, string> ? S : never
/** The events of a machine. */
export type EventOf<M> = M extends Machine<string, infer E> ? E : never

/** Defines a lifecycle. An arrow to a state that does not exist does not compile. */
export function defineMachine<
  const T extends Readonly<Record<string, Readonly<Record<string, keyof T & string>>>>,
>(table: {
  readonly name: string
  readonly initial: keyof T & string
  readonly states: T
}): Machine<keyof T & string, EventsOf<T>> {
  return table as unknown as Machine<keyof T & string, EventsOf<T>>
}

/** Where an event leads from a state, or null when the table does not allow it. */
export function next<S extends string, E extends string>(
  machine: Machine<S, E>,
  from: S,
  event: E,
): S | null {
  return machine.states[from][event] ?? null
}

/**
 * Where an event leads, for a thing that has a state.
 * @throws LastroError `illegal_transition` when the table does not allow it.
 */
export function move<S extends string, E extends string>(
  machine: Machine<S, E>,
  thing: { readonly id: string; readonly state: S },
  event: E,
): S {
  const to = next(machine, thing.state, event)
  if (to === null)
    throw new LastroError('illegal_transition', {
      machine: machine.name,
      id: thing.id,
      state: thing.state,
      event,
    })
  return to
}

/** True when nothing leads out of the state. */
export function isFinal<S extends string, E extends string>(machine: Machine<S, E>, state: S): boolean {
  return Object.keys(machine.states[state]).length === 0
}

/** All states of a machine, in the order of its table: what the database's check constraint lists. */
export function statesOf<S extends string>(machine: Machine<S, string>): readonly S[] {
  return Object.keys(machine.states) as S[]
}
