import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached, findCached } from './cache.ts'
import { run } from './command.ts'
import { runMaven } from './maven.ts'

// Pinned, so that a machine's older Maven does not choose another. 3.8.1 needs Maven 3.6.3 or newer.
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin'

/** Maven coordinates, `group:artifact:version` or `group:artifact:version:type:classifier`. */
export type Artifact = string

function dependency(artifact: Artifact): string {
  const [group, name, version, type = 'jar', classifier = ''] = artifact.split(':')
  const tags = { groupId: group, artifactId: name, version, type, classifier }
  return `<dependency>${Object.entries(tags)
    .map(([tag, value]) => `<${tag}>${value}</${tag}>`)
    .join('')}</dependency>`
}

const pom = (artifacts: readonly Artifact[]) => `<project>
<modelVersion>4.0.0</modelVersion><groupId>stack</groupId><artifactId>stack</artifactId><version>1</version>
<packaging>pom</packaging>
<dependencies>${artifacts.map(dependency).join('\n')}</dependencies>
</project>`

const title = (artifacts: readonly Artifact[]) => artifacts[0]!.split(':').slice(1, 3).join(' ')

function cacheKey(artifacts: readonly Artifact[]): string {
  const hash = createHash('sha256').update(artifacts.join('\n')).digest('hex').slice(0, 12)
  return `${title(artifacts).replace(' ', '-')}-${hash}`
}

/** Whether nothing has to be downloaded for these artifacts. */
export const areCached = async (artifacts: readonly Artifact[]): Promise<boolean> =>
  (await findCached(cacheKey(artifacts))) !== undefined

/** Jars of `artifacts` and of all they need at run time, as a classpath for `java -cp`. Downloaded once per user. */
export async function resolveJars(
  artifacts: readonly Artifact[],
  progress: (line: string) => void = () => {},
): Promise<string> {
  const fill = async (dir: string) => {
    await writeFile(join(dir, 'pom.xml'), pom(artifacts))
    const flags = ['-DincludeScope=runtime', `-DoutputDirectory=${dir}`]
    await runMaven(title(artifacts), dir, [`${plugin}:3.8.1:copy-dependencies`, ...flags], progress)
  }
  return join(await cached(cacheKey(artifacts), fill, progress), '*')
}

/**
 * The directory with the unpacked content of one `tar.gz` artifact. Downloaded once per user. Goal `copy`, which takes
 * the artifact alone: the parent pom of Apicurio 3.0.9 was never published, so its dependencies cannot be resolved.
 */
export async function resolveArchive(artifact: Artifact, progress: (line: string) => void = () => {}): Promise<string> {
  const fill = async (dir: string) => {
    const flags = [
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${dir}`,
      '-Dmdep.stripVersion',
      '-Dmdep.stripClassifier',
    ]
    await runMaven(title([artifact]), dir, [`${plugin}:2.8:copy`, ...flags], progress)
    const archive = join(dir, `${artifact.split(':')[1]}.tar.gz`)
    await run('tar', ['-xzf', archive, '-C', dir])
    await rm(archive)
  }
  return cached(cacheKey([artifact]), fill, progress)
}
