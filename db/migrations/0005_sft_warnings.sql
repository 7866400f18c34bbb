CREATE TABLE "sft_warnings" (
	"sft_run_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"step" integer NOT NULL,
	"message" text NOT NULL,
	"remedy" text NOT NULL,
	"figures" jsonb NOT NULL,
	"examples" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sft_warnings_sft_run_id_kind_pk" PRIMARY KEY("sft_run_id","kind")
);
--> statement-breakpoint
ALTER TABLE "sft_warnings" ADD CONSTRAINT "sft_warnings_sft_run_id_sft_runs_id_fk" FOREIGN KEY ("sft_run_id") REFERENCES "public"."sft_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
UPDATE "sft_runs" SET "config" = jsonb_set("config", '{truncation_mode}', '"drop"') WHERE "status" in ('queued', 'training');
