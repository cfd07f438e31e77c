/* stranger.c: a program that knows nothing but the installed library: a tensor, an error, a
 * version. */
#include <levin/levin.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    levin_tensor *t = levin_tensor_new(LEVIN_F32, 2, (int64_t[]){ 3, 4 });
    bool right = levin_tensor_numel(t) == 12 && strcmp(levin_version(), LEVIN_VERSION) == 0;
    levin_tensor_free(t);
    levin_trainer *trainer = levin_trainer_new(&(levin_trainer_flags){ .max_epochs = 1 });
    levin_trainer_free(trainer);
    right = right && levin_error() == LEVIN_OK;
    levin_bert_config config;
    right = right && levin_bert_config_read(&config, "no such folder") == LEVIN_ENOTFOUND;
    printf("%s\n", right ? "stranger: ok" : "stranger: wrong");
    return right ? 0 : 1;
}
