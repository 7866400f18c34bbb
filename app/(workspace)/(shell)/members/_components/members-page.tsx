'use client';
// Who belongs to the open project: its members, and the links by which more of them come.
import { Link2, UserPlus } from 'lucide-react';
import { useTranslations } from 'next-intl';
import { useState } from 'react';
import { useWorkspace } from '../../../../_lib/workspace.tsx';
import { Button } from '../../../../_ui/button.tsx';
import { Page } from '../../../../_ui/page.tsx';
import { AddMemberDialog } from './add-member-dialog.tsx';
import { InvitationDialog } from './invitation-dialog.tsx';
import { InvitationList } from './invitation-list.tsx';
import { MemberList } from './member-list.tsx';

export function MembersPage() {
  const t = useTranslations('members');
  const { project } = useWorkspace();
  const [opened, setOpened] = useState<'invite' | 'add' | null>(null);
  const close = () => setOpened(null);
  return (
    <Page
      title={t('title')}
      intro={t('intro', { project: project.name })}
      actions={
        <>
          <Button onClick={() => setOpened('add')}>
            <UserPlus aria-hidden className="size-4" />
            {t('add')}
          </Button>
          <Button variant="primary" onClick={() => setOpened('invite')}>
            <Link2 aria-hidden className="size-4" />
            {t('invite')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-8">
        <MemberList />
        <InvitationList />
      </div>
      {opened === 'add' && <AddMemberDialog onClose={close} />}
      {opened === 'invite' && <InvitationDialog onClose={close} />}
    </Page>
  );
}
