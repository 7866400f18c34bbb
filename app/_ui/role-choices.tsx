'use client';
import { useTranslations } from 'next-intl';
import { type ProjectRole, projectRoles } from '../../domain/roles.ts';
import { Choices } from './field.tsx';

/** A role in a project, each with what it may do. */
export function RoleChoices({ value, onChange }: { value: ProjectRole; onChange: (role: ProjectRole) => void }) {
  const t = useTranslations('memberRoles');
  const members = useTranslations('members');
  return (
    <Choices
      legend={members('role')}
      name="role"
      value={value}
      onChange={onChange}
      choices={projectRoles.map((role) => ({ value: role, label: t(`${role}.name`), hint: t(`${role}.hint`) }))}
    />
  );
}
