import { type Call, jsonAnswer, type Routes } from '../router.ts'

/** From this version on batches are counted under their new name (salesforce-facts 2.4). */
const batchesNamedSince = 49

/** Allocations of an Enterprise Edition org that nothing in the simulated org uses up. */
const unused: Readonly<Record<string, number>> = {
  AnalyticsExternalDataSizeMB: 40_960,
  ConcurrentAsyncGetReportInstances: 200,
  ConcurrentSyncReportRuns: 20,
  DailyAsyncApexExecutions: 250_000,
  DailyBulkV2QueryFileStorageMB: 976_562,
  DailyDeliveredPlatformEvents: 50_000,
  DailyDurableGenericStreamingApiEvents: 200_000,
  DailyDurableStreamingApiEvents: 200_000,
  DailyGenericStreamingApiEvents: 10_000,
  DailyStandardVolumePlatformEvents: 25_000,
  DailyStreamingApiEvents: 200_000,
  DailyWorkflowEmails: 1000,
  DataStorageMB: 10_240,
  DurableStreamingApiConcurrentClients: 1000,
  FileStorageMB: 10_240,
  HourlyAsyncReportRuns: 1200,
  HourlyDashboardRefreshes: 200,
  HourlyLongTermIdMapping: 100_000,
  HourlyPublishedPlatformEvents: 100_000,
  HourlyPublishedStandardVolumePlatformEvents: 1000,
  HourlySyncReportRuns: 500,
  HourlyTimeBasedWorkflow: 1000,
  MassEmail: 5000,
  MonthlyPlatformEventsUsageEntitlement: 1_500_000,
  SingleEmail: 5000,
  StreamingApiConcurrentClients: 1000,
}

const left = (max: number, remaining: number) => ({ Max: max, Remaining: Math.max(0, remaining) })

/** `/limits` (salesforce-facts 2.4). */
function limits({ api, version }: Call) {
  const { usage, jobs } = api
  const batches = version < batchesNamedSince ? 'DailyBulkApiRequests' : 'DailyBulkApiBatches'
  const body = {
    ...Object.fromEntries(Object.entries(unused).map(([name, max]) => [name, left(max, max)])),
    DailyApiRequests: left(usage.max, usage.max - usage.reportedUsed),
    [batches]: left(jobs.batches.max, jobs.batches.left),
    DailyBulkV2QueryJobs: left(jobs.queryJobs.max, jobs.queryJobs.left),
    PermissionSets: { ...left(1500, 1500), CreateCustom: left(1000, 1000) },
  }
  return jsonAnswer(Object.fromEntries(Object.entries(body).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

export const limitsRoutes: Routes = { limits: { GET: limits } }
