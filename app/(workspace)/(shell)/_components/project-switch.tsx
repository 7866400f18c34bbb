'use client';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { chooseProject } from '../../../_lib/choose-project.ts';
import { useWorkspace } from '../../../_lib/workspace.tsx';
import { Select } from '../../../_ui/field.tsx';

/** Which project is open: a name when there is one, a choice when there are more. */
export function ProjectSwitch() {
  const t = useTranslations('nav');
  const router = useRouter();
  const { project, projects } = useWorkspace();
  if (projects.length < 2) return <p className="shrink-0 truncate px-2.5 text-[13px] text-faint">{project.name}</p>;
  return (
    <Select
      aria-label={t('project')}
      className="shrink-0"
      value={project.id}
      onChange={(event) => void chooseProject(event.target.value).then(() => router.refresh())}
    >
      {projects.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}
