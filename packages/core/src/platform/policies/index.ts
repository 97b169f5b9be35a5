export { createRail, insideTransaction, type Rail, type RailOptions } from './rail.ts'
