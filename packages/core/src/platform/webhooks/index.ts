export { applyDeliveryJob, type EventApplier } from './apply.job.ts'
export type { Delivery, DeliveryState, DeliveryStore } from './delivery.ts'
export { createInbox, type Inbox, type InboxDeps, type IncomingDelivery, type Receipt } from './inbox.ts'
