/* Results of files as rows. Inside wire: result_text.h is the face. Thread: any. */
#pragma once

#include "base/buf.h"
#include "model/result.h"

void file_row_add_csv_head(struct buf *b);

void file_row_add_json(struct buf *b, const struct result *r);
void file_row_add_csv(struct buf *b, const struct result *r, bool is_guarded); /* as cell_add_csv */
void file_row_add_text(struct buf *b, const struct result *r);
