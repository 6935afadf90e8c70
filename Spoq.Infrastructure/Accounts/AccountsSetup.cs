using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Accounts;

public static class AccountsSetup
{
    public static IServiceCollection AddAccounts(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        // Identity's stores live one request long and take a context; everything else asks the factory.
        services.TryAddScoped(provider => provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContext());
        services.Configure<PasswordHasherOptions>(options => options.IterationCount = 210_000);
        services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        services.AddIdentityCore<User>(options =>
            {
                options.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
                options.User.RequireUniqueEmail = true;
                options.User.AllowedUserNameCharacters = "";
                options.SignIn.RequireConfirmedEmail = true;
                options.Password.RequiredLength = 12;
                options.Password.RequiredUniqueChars = 1;
                options.Password.RequireDigit = false;
                options.Password.RequireLowercase = false;
                options.Password.RequireUppercase = false;
                options.Password.RequireNonAlphanumeric = false;
            })
            .AddRoles<IdentityRole<Guid>>()
            .AddEntityFrameworkStores<SpoqDbContext>()
            .AddSignInManager()
            .AddDefaultTokenProviders();
        services.AddSingleton<AccountLimits>();
        services.AddSingleton<AccountLinks>();
        services.AddSingleton<AccountPost>();
        services.AddSingleton<AccountDesk>();
        services.AddSingleton<Administrators>();
        services.AddSingleton<SessionNews>();
        services.AddSingleton<SessionService>();
        services.AddSingleton<SecondFactorService>();
        services.AddSingleton<TwoFactorService>();
        services.AddSingleton<Welcome>();
        services.AddSingleton(SignInProviders.From(configuration));
        services.AddSingleton<ExternalLoginService>();
        services.AddSingleton<PasskeyService>();
        services.AddSingleton<SignUpService>();
        services.AddSingleton<LoginService>();
        services.AddSingleton<PasswordResetService>();
        services.AddSingleton<AccountService>();
        services.AddSingleton<ProgramSignIn>();
        services.AddSingleton<ProgramAccounts>();
        services.AddSingleton<IOutboxHandler, RenewSignUpHandler>();
        services.AddSingleton<ActivityService>();
        services.AddSingleton<IOutboxHandler, SignUpMailHandler>();
        services.AddSingleton<IOutboxHandler, PasswordResetMailHandler>();
        services.AddSharedKeys();
        services.AddSweep("sign_ups", "created_at < $1 - interval '2 days'");
        services.AddSweep("password_resets", "created_at < $1 - interval '1 day'");
        services.AddSweep("second_factor_tickets", "created_at < $1 - interval '1 day'");
        services.AddSweep("sessions", "last_seen_at < $1 - interval '90 days'");
        return services;
    }
}
