import ts from 'typescript'
import { RULES } from '../../packages/core/src/index.ts'
import { code, codes, type GeneratedPage, page, table } from './markdown.ts'
import { parse } from './sources.ts'

const RULES_FILE = 'packages/core/src/platform/errors/rules.ts'
const PROVIDER_FILE = 'packages/core/src/spec/errors.ts'

/** Every field reads as its own name in braces, so that a sentence shows where each goes. */
const PLACEHOLDERS = new Proxy({}, { get: (_target, field) => `{${String(field)}}` })

/** `field`, `rule`, `account?` of each code. */
function fieldsByCode(): Map<string, string[]> {
  const details = parse(RULES_FILE).statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'Details',
  )
  if (!details || !ts.isInterfaceDeclaration(details))
    throw new Error(`${RULES_FILE} has no interface Details.`)
  return new Map(
    details.members.map((member) => {
      const type = ts.isPropertySignature(member) && member.type
      if (!type || !ts.isTypeLiteralNode(type))
        throw new Error(`Details.${member.name?.getText()} has no fields.`)
      const fields = type.members.map((field) => `${field.name?.getText()}${field.questionToken ? '?' : ''}`)
      return [member.name.getText(), fields]
    }),
  )
}

function providerErrorKinds(): readonly string[] {
  const kind = parse(PROVIDER_FILE).statements.find(
    (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === 'ProviderErrorKind',
  )
  if (!kind || !ts.isTypeAliasDeclaration(kind) || !ts.isUnionTypeNode(kind.type))
    throw new Error(`${PROVIDER_FILE} has no union ProviderErrorKind.`)
  return kind.type.types.map((type) => type.getText().replaceAll("'", ''))
}

function render(): string {
  const fields = fieldsByCode()
  const rows = Object.entries(RULES).map(([name, rule]) => [
    code(name),
    String(rule.status),
    rule.isRetryable ? 'yes' : 'no',
    rule.says(PLACEHOLDERS as never),
    codes(fields.get(name) ?? []),
  ])
  return page(
    'Errors',
    'Every error of the engine is a `LastroError`. Its `code` is the contract: a code is added, never renamed. `status` is what an HTTP surface answers; `isRetryable` says whether the same call may succeed later, unchanged. `isLastroError(error, code)` narrows `details` too.',
    table(['Code', 'Status', 'Retryable', 'Says', 'Details'], rows),
    'A payout that the provider declines is no error: it is a payout in state `failed`, with a `reason`.',
    '## Errors of providers',
    `Reads of an adapter, and an adapter that is configured wrongly, throw \`ProviderError\` with one of these kinds: ${codes(providerErrorKinds())}. Only \`unavailable\` and \`rate_limited\` are worth trying again. A call that moves money never throws one: it answers an \`Outcome\`.`,
  )
}

/** Codes, statuses, sentences and details. */
export const errors: GeneratedPage = { path: 'docs/reference/errors.md', render }
