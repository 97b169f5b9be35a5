export { applyDelivery, applyDeliveryJob } from './apply.job.ts'
export type {
  ApplyTx,
  EventApplier,
  ProviderNews,
  WebhookHandler,
  WebhookHandlers,
} from './apply.ts'
export type { IncomingDelivery, Receipt, RefusalReason } from './arrival.ts'
export type {
  Delivery,
  DeliveryCounts,
  DeliveryFilter,
  DeliveryNote,
  DeliveryState,
  DeliveryStore,
  DeliverySummary,
  FailedAttempt,
  LockedDelivery,
  NewDelivery,
  OpenedDelivery,
  QueuedDelivery,
  RefusalCount,
  SubjectPlace,
  TopicCounts,
} from './delivery.ts'
export { createInbox, type Inbox } from './inbox.ts'
export { checkRetention, keepDeliveriesJob, keepSchedule, type WebhookRetention } from './keep.job.ts'
export { type TopicMetrics, type WebhookMetrics, webhookMetricsText } from './metrics.ts'
export type { InspectedDelivery, ReplayFilter } from './operate.ts'
export { POINTS, type Point, type PointListener } from './points.ts'
export type { RateLimit, RateLimits } from './rate-limit.ts'
