/** The pages. They work without a script; with it they stay up to date: see public/live.js and live.ts. */
import { qrSvg } from '@lastro/br-code'
import { Money, type PaymentState, type PaymentView } from '@lastro/core'
import { MOST, PRODUCTS } from './catalog.ts'
import { html, type Markup, type Part, reais, time, trusted } from './html.ts'
import { type Order, productOf } from './orders.ts'
import { leftOf, type ShownOrder } from './shop.ts'

/**
 * What every answer carries. Nothing inline runs, nothing foreign is loaded or may frame the page, and the order's
 * address, which is its secret, is told to no other site.
 */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const

function page({ title, stream, main }: { title: string; stream?: string; main: Part }): string {
  const isLive = stream !== undefined
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/assets/shop.css">
${isLive ? html`<script src="/assets/live.js" defer></script>` : null}
</head>
<body${isLive ? html` data-stream="${stream}"` : null}>
<main>
${main}
</main>
</body>
</html>
`.markup
}

/** The shop's window. `id` is the order's, if it comes to one. */
export const shopPage = (id: string): string =>
  page({
    title: 'Shop',
    main: html`<h1>Shop</h1>
<form method="post" action="/orders">
<input type="hidden" name="id" value="${id}">
<fieldset>
<legend>What would you like?</legend>
${PRODUCTS.map(
  (product, at) =>
    html`<label><input type="radio" name="product" value="${product.id}"${at === 0 ? trusted(' checked') : null}> ${product.name}, ${reais(product.price)}</label>
`,
)}
</fieldset>
<p><label for="quantity">How many (1 to ${MOST})</label>
<input id="quantity" name="quantity" type="number" inputmode="numeric" min="1" max="${MOST}" value="1" required></p>
<p><button>Pay by Pix</button></p>
</form>`,
  })

/** The payer's page. `canPlayPayer`: in the sandbox, where a button pays. */
export async function orderPage(
  { order, payment }: ShownOrder,
  { canPlayPayer }: { readonly canPlayPayer: boolean },
): Promise<string> {
  return page({
    title: `${sentence(payment)} – Your order`,
    stream: `/orders/${order.id}/live`,
    main: html`<h1>Your order</h1>
<p>${order.quantity} × ${productOf(order)}</p>
${liveStatus(payment)}
<section id="pay" data-live aria-label="Payment">
${await payPart({ order, payment }, canPlayPayer)}
</section>
<p id="copied" role="status"></p>
${withoutScript(`/orders/${order.id}`)}
<p><a href="/">Back to the shop</a></p>`,
  })
}

async function payPart(
  { order, payment }: Pick<ShownOrder, 'order' | 'payment'>,
  canPlayPayer: boolean,
): Promise<Part> {
  const { action, amount, expiresAt } = payment
  if (!isToPay(payment) || action?.kind !== 'show_pix') return null
  return html`<div class="qr" role="img" aria-label="Pix QR code for ${reais(amount)}">${trusted(await qrSvg(action.brCode, { sizePx: 320 }))}</div>
<p>Scan it with your bank's app, or copy the code and paste it there.</p>
<label for="code">Pix code (copia e cola)</label>
<textarea id="code" rows="4" readonly spellcheck="false">${action.brCode}</textarea>
<p><button type="button" class="only-script" data-copy="code">Copy the code</button></p>
${expiresAt === null ? null : html`<p>Pay until ${time(new Date(expiresAt))}.</p>`}
${
  canPlayPayer
    ? html`<form method="post" action="/orders/${order.id}/pay"><button>Pay as the customer would (sandbox)</button></form>`
    : null
}`
}

/** The operator's list. */
export const ordersPage = (orders: readonly Order[]): string =>
  page({
    title: 'Orders',
    main: html`<h1>Orders</h1>
<table>
<thead><tr><th scope="col">Placed</th><th scope="col">Order</th><th scope="col">Status</th></tr></thead>
<tbody>
${orders.map(
  (order) =>
    html`<tr><td>${time(order.placed_at)}</td><td><a href="/operator/orders/${order.id}">${order.quantity} × ${productOf(order)}</a></td><td>${order.status}</td></tr>
`,
)}
</tbody>
</table>`,
  })

/** The operator's page of one order. */
export const operatorPage = ({ order, payment, refunds }: ShownOrder): string =>
  page({
    title: `${sentence(payment)} – Order`,
    stream: `/orders/${order.id}/live`,
    main: html`<h1>Order of ${order.quantity} × ${productOf(order)}</h1>
${liveStatus(payment)}
<dl id="facts" data-live>
<dt>Order</dt><dd>${order.status}</dd>
<dt>Payment</dt><dd>${payment.state} (${payment.id})</dd>
<dt>Asked</dt><dd>${reais(payment.amount)}</dd>
<dt>Received</dt><dd>${reais(payment.received)}</dd>
<dt>Refunded</dt><dd>${reais(payment.refunded)}</dd>
${payment.isDisputed ? html`<dt>Disputed</dt><dd>${reais(payment.disputed)}</dd>` : null}
</dl>
<section id="refunds" data-live aria-label="Refunds">
${
  refunds.length === 0
    ? null
    : html`<h2>Refunds</h2>
<ol>${refunds.map(({ amount, state, reason }) => html`<li>${reais(amount)}: ${state}${reason === null ? null : ` (${reason})`}</li>`)}</ol>`
}
</section>
<section id="refund" data-live aria-label="Give back">
${refundForm(order, { payment, refunds })}
</section>
${withoutScript(`/operator/orders/${order.id}`)}
<p><a href="/operator">All orders</a></p>`,
  })

/** Its number names the refund: a form that is sent twice is one refund, and one that is out of date is refused. */
function refundForm(order: Order, { payment, refunds }: Pick<ShownOrder, 'payment' | 'refunds'>): Part {
  const left = leftOf(payment)
  if (!Money.isPositive(left)) return null
  return html`<h2>Give back</h2>
<form method="post" action="/operator/orders/${order.id}/refunds">
<input type="hidden" name="number" value="${refunds.length + 1}">
<p><label for="amount">Amount in reais, at most ${reais(left)}</label>
<input id="amount" name="amount" inputmode="decimal" autocomplete="off" pattern="[0-9]+([.,][0-9]{1,2})?" title="Such as 12,50" required></p>
<p><button name="what" value="part">Refund this amount</button>
<button name="what" value="rest" formnovalidate>Refund all of ${reais(left)}</button></p>
</form>`
}

/** What went wrong, in words. */
export const errorPage = (message: string): string =>
  page({
    title: 'Sorry',
    main: html`<h1>Sorry</h1><p role="alert">${message}</p><p><a href="/">To the shop</a></p>`,
  })

const WORDS: Readonly<Record<PaymentState, string>> = {
  created: 'The payment code is being made.',
  submitting: 'The payment code is being made.',
  unknown: 'The payment code is being made.',
  pending: 'Waiting for the payment of',
  requires_action: 'Waiting for the payment of',
  processing: 'The money is on its way.',
  authorized: 'The money is on its way.',
  paid: 'Paid.',
  failed: 'The payment could not be made. Nothing was charged.',
  expired: 'This order was not paid in time.',
  canceled: 'This order was canceled.',
}

const isToPay = ({ state }: PaymentView) => state === 'requires_action' || state === 'pending'

/** How things stand, in one sentence that can be read aloud. */
function sentence(payment: PaymentView): string {
  const { state, refundState, amount, refunding, refunded } = payment
  if (refundState === 'whole') return `Refunded: ${reais(refunded)} was given back.`
  if (refundState === 'pending') return `${WORDS[state]} ${reais(refunding)} is on its way back.`
  if (refundState === 'part') return `${WORDS[state]} ${reais(refunded)} was given back.`
  return isToPay(payment) ? `${WORDS[state]} ${reais(amount)}.` : WORDS[state]
}

/** A live region: what changes here is read aloud. */
const liveStatus = (payment: PaymentView): Markup =>
  html`<p id="status" role="status" data-live>${sentence(payment)}</p>`

const withoutScript = (href: string): Markup =>
  html`<noscript><p><a href="${href}">See how it stands now</a></p></noscript>`
