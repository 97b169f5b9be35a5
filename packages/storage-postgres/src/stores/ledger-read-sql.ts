import { TRANSFER_COLUMNS, TRANSFER_DETAILS, TRANSFER_SOURCE } from './ledger-rows.ts'

/** An instant that is itself included: the next one that a timestamp can tell apart. */
const AFTER = `interval '1 microsecond'`

/** The transfers of the few numbers in `side`, each looked up by itself: a planner that expects many would merge. */
const OF_SIDE = `side cross join lateral (
      select * from lastro.ledger_transfer where number = side.number offset 0
    ) booked ${TRANSFER_DETAILS}`

/** The statements that read the past. */
export const LEDGER_READ_SQL = {
  balanceAt: `select account.asset, account.normal_side, found.version::text as version, found.posted::text as posted,
      found.debits_held::text as debits_held, found.credits_held::text as credits_held
    from (select $2::text::timestamptz + ${AFTER} as instant) asked
    cross join lastro.ledger_cut(asked.instant) cut
    cross join lastro.ledger_account account
    cross join lateral
      lastro.ledger_balance_at(account.number, asked.instant, cut, $3::boolean, account.version) found
    where account.id = $1::text`,

  // What does not change from page to page: the account, and the versions and balances at both ends.
  period: `select account.number::text as number, account.asset, account.normal_side,
      opening.version::text as first, closing.version::text as last, account.version::text as version,
      opening.posted::text as opening, closing.posted::text as closing
    from lastro.ledger_account account
    cross join lateral lastro.ledger_balance_at(account.number, $2::text::timestamptz,
      lastro.ledger_cut($2::text::timestamptz), $4::boolean, coalesce($5::text::bigint, account.version)) opening
    cross join lateral lastro.ledger_balance_at(account.number, $3::text::timestamptz,
      lastro.ledger_cut($3::text::timestamptz), $4::boolean, coalesce($5::text::bigint, account.version)) closing
    where account.id = $1::text`,

  bookedLines: `with side as (
      (select number, true as is_debit, debit_version as version from lastro.ledger_transfer
        where debit_account = $1::text::bigint and debit_version > $2::text::bigint and debit_version <= $3::text::bigint
        order by debit_version limit $4::int)
      union all
      (select number, false, credit_version from lastro.ledger_transfer
        where credit_account = $1::text::bigint and credit_version > $2::text::bigint and credit_version <= $3::text::bigint
        order by credit_version limit $4::int)
    )
    select ${TRANSFER_COLUMNS}, side.version::text as version, side.is_debit, false as is_dated
    from ${OF_SIDE}
    order by side.version limit $4::int`,

  effectiveLines: `select ${TRANSFER_COLUMNS}, side.version::text as version, side.is_debit, side.is_dated
    from lastro.ledger_effective_lines($1::text::bigint, $2::text::timestamptz, $3::text::timestamptz, $4::text::bigint,
      $5::text::bigint, $6::text::timestamptz, $7::text::bigint, $8::int) ${OF_SIDE}
    order by side.at, side.number`,

  range: `select
      case when $1::text is null then '0' else lastro.ledger_cut($1::text::timestamptz)::text end as first,
      case when $2::text is null
        then coalesce((select number from lastro.ledger_transfer order by number desc limit 1), 0)::text
        else lastro.ledger_cut($2::text::timestamptz)::text end as last`,

  journal: `select ${TRANSFER_COLUMNS} from ${TRANSFER_SOURCE}
    where booked.number > $1::text::bigint and booked.number <= $2::text::bigint order by booked.number limit $3::int`,

  trialBalanceAt: `select account.asset, count(*)::int as accounts,
      coalesce(sum(side.debit) filter (where side.debit > 0), 0)::text as debits,
      coalesce(-sum(side.debit) filter (where side.debit < 0), 0)::text as credits
    from (select $1::text::timestamptz + ${AFTER} as instant) asked
    cross join lastro.ledger_cut(asked.instant) cut
    cross join lastro.ledger_account account
    cross join lateral
      lastro.ledger_balance_at(account.number, asked.instant, cut, $2::boolean, account.version) found
    cross join lateral (
      select case account.normal_side when 'debit' then found.posted else -found.posted end as debit
    ) side
    where account.opened_at < asked.instant or found.version > 0 or found.posted <> 0
    group by account.asset order by account.asset`,
} as const
