// What the form holds until it is saved, and how its parts change it.
import type { LabelSettings } from '../../../../../domain/label-settings.ts';
import type { Inputs } from '../../../../_trpc/context.ts';

export type SettingsDraft = Omit<Inputs['projects']['saveSettings'], 'projectId' | 'labelling'> & {
  labelling: LabelSettings;
};

export interface SettingsPartProps {
  draft: SettingsDraft;
  onChange: (change: Partial<SettingsDraft>) => void;
}

export interface LabellingPartProps {
  labelling: LabelSettings;
  onChange: (change: Partial<LabelSettings>) => void;
}
