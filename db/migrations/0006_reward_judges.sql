ALTER TABLE "dataset_versions" ADD COLUMN "min_margin" double precision;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "conditions" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "judgements" ADD COLUMN "scores" jsonb;--> statement-breakpoint
ALTER TABLE "judges" ADD COLUMN "adapter_key" text;--> statement-breakpoint
ALTER TABLE "judges" ADD COLUMN "base_model_dir" text;--> statement-breakpoint
ALTER TABLE "prompts" ADD COLUMN "persona" text;--> statement-breakpoint
ALTER TABLE "rankings" ADD COLUMN "scores" jsonb;--> statement-breakpoint
ALTER TABLE "samplings" ADD COLUMN "conditions" text[] DEFAULT '{}' NOT NULL;