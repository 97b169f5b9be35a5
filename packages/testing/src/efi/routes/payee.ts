/** `favorecido`: whom a send pays, by key or by bank account. */
import { isCnpj, isCpf, isPixKey } from '../identifiers.ts'
import type { EfiOwner, EfiRefusal, Settings } from '../options.ts'
import type { Payee } from '../records.ts'
import { asObject } from '../route.ts'

/** The only key that exists in Efí's sandbox. */
const HOMOLOGATION_KEY = 'efipay@sejaefi.com.br'
const UNNAMED = 'Favorecido de Teste'
const NOBODY = '00000000191'

/** The payee, or the rule it breaks. */
export function readPayee(settings: Settings, value: unknown): Payee | EfiRefusal {
  const given = asObject(value)
  if (given === null) return invalid('O campo favorecido é obrigatório')
  if ((given.chave === undefined) === (given.contaBanco === undefined)) {
    return invalid('O campo favorecido deve ter chave ou contaBanco')
  }
  const payee = given.chave === undefined ? readAccount(given.contaBanco) : readKey(settings, given)
  if ('mensagem' in payee) return payee
  const document = payee.cpf ?? payee.cnpj ?? ''
  if (!settings.blockedDocuments.includes(document)) return payee
  return {
    status: 400,
    nome: 'documento_bloqueado',
    mensagem: 'O documento desta conta tem bloqueios que impedem a emissão',
  }
}

function readKey(settings: Settings, given: Record<string, unknown>): Payee | EfiRefusal {
  const { chave, cpf, cnpj } = given
  const wrong = wrongDocument({ cpf, cnpj }, 'favorecido')
  if (wrong) return wrong
  if (!isPixKey(chave) || (settings.homologation && chave !== HOMOLOGATION_KEY)) return unknownKey()
  const asked: EfiOwner | null = isCpf(cpf)
    ? { nome: UNNAMED, cpf }
    : isCnpj(cnpj)
      ? { nome: UNNAMED, cnpj }
      : null
  const owner =
    settings.directory === undefined ? (inferOwner(chave) ?? asked ?? someone()) : settings.directory[chave]
  if (owner === undefined) return unknownKey()
  if (asked !== null && (asked.cpf !== owner.cpf || asked.cnpj !== owner.cnpj)) {
    return {
      status: 400,
      nome: 'chave_nao_pertence_ao_documento',
      mensagem: 'O documento do favorecido é diferente do documento em posse da chave',
    }
  }
  return { chave, ...owner }
}

/** A key that is a document tells its owner. */
function inferOwner(chave: string): EfiOwner | null {
  if (isCpf(chave)) return { nome: UNNAMED, cpf: chave }
  return isCnpj(chave) ? { nome: UNNAMED, cnpj: chave } : null
}

function someone(): EfiOwner {
  return { nome: UNNAMED, cpf: NOBODY }
}

function readAccount(value: unknown): Payee | EfiRefusal {
  const given = asObject(value)
  if (given === null) return invalid('O campo favorecido.contaBanco deve ser um objeto')
  const { nome, cpf, cnpj } = given
  const wrong = wrongDocument({ cpf, cnpj }, 'favorecido.contaBanco')
  if (wrong) return wrong
  if (cpf === undefined && cnpj === undefined) return invalid('favorecido.contaBanco deve ter cpf ou cnpj')
  if (typeof nome !== 'string' || nome === '')
    return invalid('O campo favorecido.contaBanco.nome é obrigatório')
  const texts: Record<string, string> = {}
  for (const [name, form] of ACCOUNT_FORMS) {
    const text = given[name]
    if (typeof text !== 'string' || !form.test(text))
      return invalid(`O campo favorecido.contaBanco.${name} é inválido`)
    texts[name] = text
  }
  const { codigoBanco = '', agencia = '', conta = '', tipoConta = '' } = texts
  return {
    chave: null,
    nome,
    ...(isCpf(cpf) ? { cpf } : isCnpj(cnpj) ? { cnpj } : {}),
    conta: { codigoBanco, agencia, conta, tipoConta },
  }
}

const ACCOUNT_FORMS: readonly (readonly [name: string, form: RegExp])[] = [
  ['codigoBanco', /^[0-9A-Z]{8}$/],
  ['agencia', /^\d{1,4}$/],
  ['conta', /^[0-9A-Za-z]{1,20}$/],
  ['tipoConta', /^(cacc|svgs)$/],
]

function wrongDocument({ cpf, cnpj }: { cpf: unknown; cnpj: unknown }, where: string): EfiRefusal | null {
  if (cpf !== undefined && cnpj !== undefined) return invalid(`${where} deve ter cpf ou cnpj, não ambos`)
  if (cpf !== undefined && !isCpf(cpf)) return invalid(`Documento CPF em ${where}.cpf é inválido`)
  if (cnpj !== undefined && !isCnpj(cnpj)) return invalid(`Documento CNPJ em ${where}.cnpj é inválido`)
  return null
}

function unknownKey(): EfiRefusal {
  return {
    status: 400,
    nome: 'chave_invalida',
    mensagem: 'A chave do favorecido não foi encontrada ou é inválida',
  }
}

function invalid(mensagem: string): EfiRefusal {
  return { status: 400, nome: 'valor_invalido', mensagem }
}
