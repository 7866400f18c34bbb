'use client';
import { isAtLeast } from '../../../../../domain/roles.ts';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { OwnReport } from './own-report.tsx';
import { PeopleReport } from './people-report.tsx';

/** Everyone's figures to reviewers and admins; their own to annotators. */
export function QualityPage() {
  const { project } = useWorkspace();
  return isAtLeast(project.role, 'reviewer') ? <PeopleReport /> : <OwnReport />;
}
