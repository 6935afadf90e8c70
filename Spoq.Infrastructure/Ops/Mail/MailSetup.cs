using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Ops;

namespace Spoq.Infrastructure.Ops.Mail;

internal static class MailSetup
{
    /// <exception cref="InvalidOperationException">Production without a mail server.</exception>
    public static IServiceCollection AddMail(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton<MailOutbox>();
        services.AddSingleton<IOutboxHandler, MailHandler>();
        if (!environment.IsProduction())
        {
            services.AddSingleton<LocalMailer>();
        }

        if (configuration["Smtp:Host"] is { Length: > 0 })
        {
            services.AddSingleton<IValidateOptions<SmtpOptions>, SmtpOptionsValidation>();
            services.AddOptions<SmtpOptions>().Bind(configuration.GetSection(SmtpOptions.Section)).ValidateOnStart();
            return services.AddSingleton<IMailer, SmtpMailer>();
        }

        return environment.IsProduction()
            ? throw new InvalidOperationException("Set Smtp__Host (and Smtp__From) to the server that sends Spoq's mail: people cannot sign up without it.")
            : services.AddSingleton<IMailer>(provider => provider.GetRequiredService<LocalMailer>())
                .AddPretendNeighbour(environment, "mail", "nothing is sent: read it at /dev/mail", "Smtp__Host");
    }
}
