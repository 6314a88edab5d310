import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/core/config-load.ts'
import { execForm, readDockerfile, root, textsOf } from './container.ts'

const stages = readDockerfile(join(root, 'Dockerfile'))
const last = stages.at(-1)!
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
  bin: Record<string, string>
  scripts: Record<string, string>
}

interface Service {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly stop_grace_period?: string
}
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as { services: Record<string, Service> }
const { kafka, registry, simulator, connector } = compose.services

describe('Dockerfile', () => {
  test('every stage stands on the slim image of Node 24; the last one is not run by root', () => {
    expect(stages.map(stage => stage[0]?.text.split(' ')[0])).toEqual(Array(3).fill('node:24-slim'))
    expect(textsOf(last, 'USER')).toEqual(['node'])
    const afterUser = last.slice(last.findIndex(({ name }) => name === 'USER'))
    expect(textsOf(afterUser, 'RUN').concat(textsOf(afterUser, 'COPY'))).toEqual([])
  })

  test('the image holds production modules only, from the lock file', () => {
    expect(textsOf(stages[1]!, 'RUN')).toEqual(['npm ci --omit=dev --omit=optional --ignore-scripts'])
    expect(textsOf(last, 'COPY')).toContain('--from=modules /app/node_modules ./node_modules')
    expect(textsOf(last, 'RUN')).toEqual([])
  })

  test('what is copied exists and is let through by .dockerignore', () => {
    const allowed = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
    expect(allowed).toContain('*')
    const copies = stages.flatMap(stage => textsOf(stage, 'COPY')).filter(text => !text.startsWith('--from'))
    const sources = copies.flatMap(text => text.split(' ').slice(0, -1))
    for (const source of new Set(sources)) {
      expect(existsSync(join(root, source)), source).toBe(true)
      expect(allowed).toContain(`!${source}`)
    }
  })

  test('it runs the program that npm installs, and asks its health', () => {
    const program = packageJson.bin['salesforce-kafka']
    const flags = ['--max-semi-space-size=4', '--heap-growing-percent=40']
    expect(textsOf(last, 'ENV')).toContain('MALLOC_ARENA_MAX=1')
    expect(execForm(last, 'ENTRYPOINT')).toEqual(['node', ...flags, program])
    // The same flags for those who install the package; shims for Windows and of pnpm take no variables in that line.
    const [firstLine] = readFileSync(join(root, 'src/cli.ts'), 'utf8').split('\n')
    expect(firstLine).toBe(`#!/usr/bin/env -S node ${flags.join(' ')}`)
    expect(execForm(last, 'CMD').slice(0, 2)).toEqual(['run', '--config'])
    expect(textsOf(last, 'HEALTHCHECK')[0]).toContain('/health/live')
  })
})

describe('docker-compose.yml', () => {
  test('has the broker and registry that the tests run against', () => {
    expect(kafka?.image).toBe('apache/kafka:4.3.1')
    expect(registry?.image).toBe('apicurio/apicurio-registry:3.0.9')
    expect(kafka?.environment?.KAFKA_PROCESS_ROLES).toBe('broker,controller')
    for (const name of ['OFFSETS_TOPIC', 'TRANSACTION_STATE_LOG'])
      expect(kafka?.environment?.[`KAFKA_${name}_REPLICATION_FACTOR`]).toBe('1')
  })

  test('the connector waits until each of the others is healthy, and each says when it is', () => {
    const others = Object.entries(compose.services).filter(([name]) => name !== 'connector')
    expect(Object.keys(connector?.depends_on ?? {})).toEqual(others.map(([name]) => name))
    for (const [name, service] of others) {
      expect(connector?.depends_on?.[name]).toEqual({ condition: 'service_healthy' })
      expect(service.healthcheck?.test[0]).toBe('CMD')
    }
  })

  test('the config it mounts where the image looks for one loads, and fits the other services', () => {
    const [from, to] = connector!.volumes![0]!.split(':') as [string, string]
    expect(to).toBe(execForm(last, 'CMD').at(-1))
    const config = loadConfig(join(root, from), connector!.environment!)
    const option = (name: string) => simulator?.command?.[simulator.command.indexOf(name) + 1]
    expect(config.salesforce.auth).toEqual({
      flow: 'client_credentials',
      clientId: option('--client-id'),
      clientSecret: option('--client-secret'),
    })
    expect(config.salesforce.loginUrl).toBe(`http://simulator:${option('--port')}`)
    expect(new URL(config.registry.url).hostname).toBe('registry')
    expect(kafka?.environment?.KAFKA_ADVERTISED_LISTENERS).toContain(`//${config.kafka.brokers[0]}`)
    expect(config.kafka.replicationFactor).toBe(1)
    expect(Number.parseInt(connector!.stop_grace_period!, 10) * 1_000).toBeGreaterThan(config.shutdownTimeoutMs)
  })
})

describe('the entry point of the image, from a fresh build', () => {
  const app = mkdtempSync(join(tmpdir(), 'image-'))
  const [command, ...entry] = execForm(last, 'ENTRYPOINT')
  const execute = (...args: string[]) =>
    spawnSync(command === 'node' ? process.execPath : command!, [...entry, ...args], { cwd: app, encoding: 'utf8' })

  beforeAll(async () => {
    // As the Dockerfile does: compile with the build's config, take package.json and the modules along.
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const outDir = join(app, 'dist')
    const compile = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', outDir]
    const { stdout } = await promisify(execFile)(process.execPath, compile).catch(
      (failed: { stdout: string }) => failed,
    )
    expect(stdout).toBe('') // the compiler's complaints
    cpSync(join(root, 'package.json'), join(app, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(app, 'node_modules'))
  }, 120_000)
  afterAll(() => rmSync(app, { recursive: true }))

  test('runs under Node 24', () => {
    expect(process.versions.node).toMatch(/^24\./)
    expect(execute('--version')).toMatchObject({ status: 0, stdout: `${packageJson.version}\n` })
  })

  test('catalog --json lists triggers and actions', () => {
    const { status, stdout } = execute('catalog', '--json')
    expect(status).toBe(0)
    const found = JSON.parse(stdout) as Record<string, { name: string }[]>
    expect(found.triggers?.map(({ name }) => name)).toContain('contact-created')
    expect(found.actions?.map(({ name }) => name)).toContain('CreateContact')
  })

  test('run with a bad config exits 3 and names key, line and what was expected, without a stack', () => {
    const file = join(app, 'bad.yaml')
    writeFileSync(
      file,
      readFileSync(join(root, 'config/compose.yaml'), 'utf8').replace('interval_ms: 2000', 'interval_ms: soon'),
    )
    const line =
      readFileSync(file, 'utf8')
        .split('\n')
        .findIndex(text => text.includes('soon')) + 1
    const { status, stdout, stderr } = execute('run', '--config', file)
    expect(status).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toContain(`${file}:${line}:3: source.interval_ms: expected a whole number, found "soon"`)
    expect(stderr).toMatch(/^remedy: /m)
    expect(stderr).not.toMatch(/^ +at /m)
  })
})
