import type { Query } from '../auth/driver.js';
import type { Databases } from '../databases/open.js';
import { queryPlan } from '../report/query-plan.js';
import type { Simulation } from '../simulate/simulation.js';

/** How the databases find the rows of the queries that were asked, in their own words; those that cannot say are left out. */
export async function queryPlans(
  { answer }: Simulation,
  databases: Databases,
): Promise<ReadonlyMap<Query, readonly string[]>> {
  const plans = new Map<Query, readonly string[]>();
  for (const step of answer.steps)
    for (const query of step.queries) {
      const plan = (await databases.explain?.(step.passdb, query.text)) ?? null;
      if (plan !== null) plans.set(query, queryPlan(plan));
    }
  return plans;
}
