/** What the shop sells. */
import { Money } from '@lastro/core'

/** Something to buy. */
export interface Product {
  readonly id: string
  readonly name: string
  readonly price: Money<'BRL/2'>
}

/** The first one is chosen where the page opens. */
export const PRODUCTS: readonly Product[] = [
  { id: 'coffee', name: 'Coffee, 250 g', price: Money.of(32_90n, 'BRL/2') },
  { id: 'filter', name: 'Cloth filter', price: Money.of(18_50n, 'BRL/2') },
  { id: 'mug', name: 'Enamel mug', price: Money.of(45_00n, 'BRL/2') },
]

/** As many of one product as one order may have. */
export const MOST = 9

/** What so many of a product cost. */
export const priceOf = ({ price }: Product, quantity: number) =>
  Money.of(price.amount * BigInt(quantity), price.asset)
