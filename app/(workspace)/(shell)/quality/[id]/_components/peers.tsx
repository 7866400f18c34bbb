'use client';
import { useTranslations } from 'next-intl';
import type { Outputs } from '../../../../../_trpc/context.ts';
import { Cell, HeaderCell, Row, Table } from '../../../../../_ui/table.tsx';
import { FigureValue, useFigureWords } from '../../_components/figure-value.tsx';
import { usePersonName } from '../../_components/use-person-name.ts';

/** With whom they agree, and with whom they do not. */
export function Peers({ peers }: { peers: Outputs['quality']['person']['peers'] }) {
  const t = useTranslations('quality');
  const nameOf = usePersonName();
  const { percent } = useFigureWords();
  return (
    <div>
      <h2 className="font-semibold text-base">{t('report.peers')}</h2>
      <p className="mt-1 mb-3 text-muted">{peers.length > 0 ? t('report.peersText') : t('report.noPeers')}</p>
      {peers.length > 0 && (
        <Table label={t('report.peers')}>
          <thead>
            <tr>
              <HeaderCell>{t('person')}</HeaderCell>
              <HeaderCell>{t('agreement')}</HeaderCell>
            </tr>
          </thead>
          <tbody>
            {peers.map((peer) => (
              <Row key={peer.userId}>
                <Cell className="font-medium">{nameOf(peer)}</Cell>
                <Cell>
                  <FigureValue figure={peer.agreement}>{percent}</FigureValue>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      )}
    </div>
  );
}
