// A process that starts a stack of Java processes, tells of each step, and waits to be killed.
import { jvm } from '../../src/stack/jvm.ts'
import { startStack } from '../../src/stack/stack.ts'

const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const env = { ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '' }
const stack = await startStack({ env, progress: progress => tell({ progress }) }, [jvm])
tell({ brokers: stack.brokers, registryUrl: stack.registryUrl, pid: stack.nodes[0]!.pid })
