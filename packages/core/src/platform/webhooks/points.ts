/**
 * Every point at which a process may stop between the arrival of a delivery and its effect. A test kills a process at
 * each of them: nothing may be lost, and nothing applied twice.
 */
export const POINTS = [
  'intake.verified',
  'intake.inserted',
  'intake.enqueued',
  'intake.committed',
  'apply.started',
  'apply.translated',
  'apply.asked',
  'apply.locked',
  'apply.held',
  'apply.placed',
  'apply.applied',
  'apply.handled',
  'apply.settled',
  'apply.committed',
  'apply.failed',
] as const

/** One of them. */
export type Point = (typeof POINTS)[number]

/** Told at every point. */
export type PointListener = (point: Point) => void
